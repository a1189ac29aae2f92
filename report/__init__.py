"""The report: what a run of the suite found, as a file to keep and a page to read.

`pytest --report-dir=DIR` writes DIR/support.json and DIR/report.html;
`python -m report merge a/support.json b/support.json -o site` makes one page of several.
"""
