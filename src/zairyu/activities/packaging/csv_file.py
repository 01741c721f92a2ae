"""The CSV of the application: the cells of a filled-in form, as the pack wants them written."""

import csv
import io
from collections.abc import Sequence

from zairyu.rules.items import Cell
from zairyu.rules.spec_packs import CsvFormat


def write_csv(cells: Sequence[Cell], layout: CsvFormat) -> bytes:
    """Write one header line and one line of cells. The same cells give the same bytes."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator=layout.line_end)
    writer.writerow([cell.header for cell in cells])
    writer.writerow([cell.text for cell in cells])
    return text.getvalue().encode(layout.encoding)
