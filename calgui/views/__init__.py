"""The window. Views are thin: they show values that `calgui.core` computes, and compute nothing themselves."""
