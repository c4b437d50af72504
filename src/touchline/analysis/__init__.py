"""The one-decode pipeline that feeds every task, and the report."""
