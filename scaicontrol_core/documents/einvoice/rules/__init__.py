"""What the specifications ask of a document, by the ids under which they publish it."""
