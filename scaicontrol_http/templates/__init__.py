"""Templates of documents and e-mails over HTTP."""
