"""Templates of one's own: kept in versions, chosen along a chain, checked before they are used.

A template belongs to a partner and is named by (name, document type, language). Every save is a
new version; none is ever lost. Which one a document is written with is ``documents.resolution``'s.
"""
