"""The CSV of the application: the cells of a filled-in form, as the pack wants them written."""

import csv
import io
from collections.abc import Sequence
from typing import Literal

from zairyu.models.spec_pack import CsvFormat
from zairyu.rules.items import Cell


def write_csv(cells: Sequence[Cell], layout: CsvFormat) -> bytes:
    """Write one line of cells, after a line of headers where the layout has one. The same cells give the same bytes."""
    text = io.StringIO(newline="")
    quoting: Literal[0, 1] = csv.QUOTE_ALL if layout.quoting == "ALL" else csv.QUOTE_MINIMAL
    writer = csv.writer(text, quoting=quoting, lineterminator=layout.line_end)
    if layout.header:
        writer.writerow([cell.header for cell in cells])
    writer.writerow([cell.text for cell in cells])
    return text.getvalue().encode(layout.encoding)
