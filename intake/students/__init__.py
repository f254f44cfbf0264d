"""The student register: taken in from a CSV file, or kept in step with the university's own database."""

from intake.students.csv_file import import_csv
from intake.students.rows import NEEDED, OPTIONAL
from intake.students.writing import Imported, Rejected

__all__ = ["NEEDED", "OPTIONAL", "Imported", "Rejected", "import_csv"]
