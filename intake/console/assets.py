"""Assets: the stylesheet, the script and the icon, under names that change with their content."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from intake.console.roles import public

_KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Assets:
    """The files by hashed name, and the hashed names by plain one."""

    contents: dict[str, bytes]
    names: dict[str, str]

    def path(self, name: str) -> str:
        """Give the path of `name` (`console.css`) as it is now."""
        return f"/assets/{self.names[name]}"


def read_assets(folder: Path) -> Assets:
    """Read every asset in `folder` once."""
    contents, names = {}, {}
    for path in sorted(folder.iterdir()):
        if path.suffix in _KINDS:
            content = path.read_bytes()
            names[path.name] = f"{path.stem}.{hashlib.sha256(content).hexdigest()[:16]}{path.suffix}"
            contents[names[path.name]] = content
    return Assets(contents, names)


@public
async def asset(request: Request) -> Response:
    """Serve an asset, to be kept for ever: another content has another name."""
    name = request.path_params["name"]
    content = request.app.state.assets.contents.get(name)
    if content is None:
        raise HTTPException(404)
    kind = _KINDS[Path(name).suffix]
    return Response(content, headers={"Content-Type": kind, "Cache-Control": _FOR_EVER})
