"""What can be read off a picture: regions with their figures, profiles, the values about the cursor."""
