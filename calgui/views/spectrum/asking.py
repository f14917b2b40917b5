"""Asks which spectra to add, and where one is to be saved."""

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from calgui.core.errors import CalguiError
from calgui.core.spectra.export import write_spectrum
from calgui.core.spectra.spectrum import Spectrum
from calgui.views.session import Session
from calgui.views.widgets.saving import ask_where


def ask_for_spectra(parent: QWidget) -> list[Path]:
    """Ask for files to add.

    Parameters
    ----------
    parent : QWidget
        Whose they are.

    Returns
    -------
    list of pathlib.Path
        Empty where the user thought better of it.
    """
    names, _ = QFileDialog.getOpenFileNames(
        parent, "Add spectra", "", "FITS files (*.fits *.fits.gz *.fit);;All files (*)"
    )
    return [Path(name) for name in names]


def ask_and_save(parent: QWidget, session: Session, spectrum: Spectrum) -> None:
    """Ask where a spectrum is to be saved, as ECSV or as a FITS table, and save it.

    Parameters
    ----------
    parent : QWidget
        Whose it is.
    session : Session
        Who is told.
    spectrum : Spectrum
        As it was read.
    """
    stem = spectrum.path.stem if spectrum.path is not None else "spectrum"
    kinds = {".ecsv": "ECSV table", ".fits": "FITS table"}
    path = ask_where(parent, "Save the spectrum", f"{stem}_spectrum.ecsv", kinds)
    if path is None:
        return
    try:
        write_spectrum(spectrum, path, overwrite=True)
    except CalguiError as error:
        session.report(error, "Saving the spectrum")
    else:
        session.notice("info", f"The spectrum was saved as {path.name}.")
