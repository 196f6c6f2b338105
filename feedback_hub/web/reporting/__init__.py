"""Reports: one document a report, shown as a page and written as PDF, XLSX or tagged CSV."""
