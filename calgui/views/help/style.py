"""How a page of the documentation looks: spaces, sizes and colours, which Markdown does not have."""

from collections.abc import Iterator

from PySide6.QtGui import (
    QBrush,
    QFont,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFragment,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
)

from calgui.views.theme import SPACE, figures, theme

#: size of a heading by its level, as a multiple of the text's
_SIZES = {1: 1.75, 2: 1.3, 3: 1.1}
#: room above a heading, in spaces
_ABOVE = {1: 1, 2: 4, 3: 3}
_LINE_PERCENT = 130


def apply(document: QTextDocument, size: float) -> None:
    """Put a page's look on it.

    Parameters
    ----------
    document : QTextDocument
        Made from Markdown; changed.
    size : float
        Of the text, in points.
    """
    cursor = QTextCursor(document)
    cursor.beginEditBlock()
    block = document.begin()
    while block.isValid():
        _style_block(document, block, size)
        block = block.next()
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            _style_table(frame)
    cursor.endEditBlock()


def fragments(block: QTextBlock) -> Iterator[QTextFragment]:
    """The parts of a block that look alike.

    Parameters
    ----------
    block : QTextBlock
        Of a document.

    Yields
    ------
    QTextFragment
    """
    at = block.begin()
    while not at.atEnd():
        part = at.fragment()
        if part.isValid():
            yield part
        at += 1


def _style_block(document: QTextDocument, block: QTextBlock, size: float) -> None:
    look = block.blockFormat()
    level, code = look.headingLevel(), look.hasProperty(QTextFormat.Property.BlockCodeLanguage)
    parts = list(fragments(block))
    pictured = any(part.charFormat().isImageFormat() for part in parts)
    wanted = QTextBlockFormat()
    if level:
        wanted.setTopMargin(_ABOVE.get(level, 2) * SPACE)
        wanted.setBottomMargin(SPACE)
    elif code:
        wanted.setBackground(theme().colour("raised"))
        wanted.setLeftMargin(SPACE)
        wanted.setTopMargin(0)
        # lines of one block of code touch
        wanted.setBottomMargin(0 if _is_code(block.next()) else 1.5 * SPACE)
    elif QTextCursor(block).currentTable() is None:
        wanted.setBottomMargin(SPACE / 2 if block.textList() is not None else SPACE)
        wanted.setTopMargin(SPACE if pictured else 0)
    if not pictured and not code:
        wanted.setLineHeight(_LINE_PERCENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    QTextCursor(block).mergeBlockFormat(wanted)
    for part in parts:
        _style_part(document, part, size, level, code)


def _is_code(block: QTextBlock) -> bool:
    return block.isValid() and block.blockFormat().hasProperty(QTextFormat.Property.BlockCodeLanguage)


def _style_part(document: QTextDocument, part: QTextFragment, size: float, level: int, code: bool) -> None:
    old = part.charFormat()
    if old.isImageFormat():
        return
    wanted = QTextCharFormat(old)
    # the steps by which the reader of Markdown sets headings off hide their size
    wanted.clearProperty(QTextFormat.Property.FontSizeAdjustment)
    wanted.setFontPointSize(size * _SIZES.get(level, 1.0))
    if level:
        wanted.setFontWeight(QFont.Weight.DemiBold)
    if old.isAnchor():
        wanted.setForeground(theme().colour("accent"))
    elif old.fontFixedPitch() or code:
        wanted.setFontFamilies([figures().family()])
        wanted.setFontPointSize(size * 0.95 * _SIZES.get(level, 1.0))
        wanted.setBackground(theme().colour("raised"))
    cursor = QTextCursor(document)
    cursor.setPosition(part.position())
    cursor.setPosition(part.position() + part.length(), QTextCursor.MoveMode.KeepAnchor)
    cursor.setCharFormat(wanted)


def _style_table(table: QTextTable) -> None:
    look = table.format()
    look.setBorder(1)
    look.setBorderCollapse(True)
    look.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    look.setBorderBrush(QBrush(theme().colour("line")))
    look.setCellPadding(SPACE * 0.75)
    look.setCellSpacing(0)
    look.setTopMargin(SPACE / 2)
    look.setBottomMargin(1.5 * SPACE)
    # with its border a table of the whole width would be a pixel too wide
    look.setWidth(QTextLength(QTextLength.Type.PercentageLength, 99))
    table.setFormat(look)
    for column in range(table.columns()):
        cell = table.cellAt(0, column)
        shade = QTextCharFormat()
        shade.setBackground(theme().colour("raised"))
        cell.setFormat(shade)
