"""Where the files that people edit are: beside the source tree, or inside an installed wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def config_folder() -> Path:
    """Give the folder of `default.toml`, `policy.toml` and `purposes.toml`."""
    return _data_folder("config")


def templates_folder() -> Path:
    """Give the folder of the reply templates."""
    return _data_folder("templates")


def _data_folder(name: str) -> Path:
    # In a wheel the folder lies inside the package; in a source tree it stands at the top.
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
