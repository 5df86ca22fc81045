"""The only door through which a document's HTML reaches anything: ``asset:`` and ``data:``.

Imports WeasyPrint; for the pool's workers and inline rendering only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from weasyprint.urls import URLFetcher, URLFetcherResponse

_ASSET = re.compile(r"asset:([0-9a-f]{64})/[\w.-]+")
_SVG_ROOT = re.compile(rb"<svg\b[^>]*>", re.IGNORECASE)
_FULL_SIZE = re.compile(rb"""\s(?:width|height)\s*=\s*(["'])100%\1""", re.IGNORECASE)


class AssetFetcher(URLFetcher):  # type: ignore[misc] # WeasyPrint ships no types
    """Serves known assets by their digest and inline ``data:``; refuses every other address.

    No file, no network: a template can't read what the machine can.
    """

    def __init__(self, assets: Mapping[str, bytes]) -> None:
        super().__init__(allowed_protocols={"data"}, allow_redirects=False)
        self._assets = dict(assets)

    def with_assets(self, assets: Mapping[str, bytes]) -> AssetFetcher:
        """Return one that serves these too."""
        return AssetFetcher(self._assets | dict(assets))

    def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
        """Return the asset's bytes; ``ValueError`` for what is not there or not allowed."""
        if url.startswith("asset:"):
            match = _ASSET.fullmatch(url)
            content = self._assets.get(match[1]) if match else None
            if content is None:
                raise ValueError(f"no such asset: {url}")
            return URLFetcherResponse(url, content)
        response = super().fetch(url, headers)
        if response.content_type != "image/svg+xml":
            return response
        return URLFetcherResponse(url, _without_full_size(response.read()), {"Content-Type": "image/svg+xml"})


def _without_full_size(svg: bytes) -> bytes:
    # An SVG root of 100 % by 100 % would fill its container whatever width the author's CSS gives it.
    root = _SVG_ROOT.search(svg)
    if root is None:
        return svg
    return svg[: root.start()] + _FULL_SIZE.sub(b"", root[0]) + svg[root.end() :]
