"""A frozen document's JSON as a PDF, as a hybrid and as XML, each judged by the official rules. No database."""

import json
import sys
from pathlib import Path

from scaicontrol_adapters.document_files import OutputFormat, read_document, render_document
from scaicontrol_adapters.einvoice.validation import validate_document

source, folder = Path(sys.argv[1]), Path(sys.argv[2])
document = read_document(json.loads(source.read_text("utf-8")))  # names every wrong field by its JSON pointer

for wanted in (OutputFormat.PDF, OutputFormat.XRECHNUNG, OutputFormat.ZUGFERD):
    content = render_document(document, wanted)  # the same document gives the same bytes, always
    (folder / f"{document['number']}-{wanted}.{wanted.extension}").write_bytes(content)
    if wanted.einvoice:
        report = validate_document(content)
        print(f"{wanted}: {report.profile}, {'accepted' if report.accepted else 'refused'}")
        for finding in report.findings:
            print(f"  {finding.rule} {finding.location}: {finding.message}")
