"""``scaicontrol admin packs describe|save|deactivate``: one pack, looked at and edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from scaicontrol_cli.arguments import AsJson, ExpectedVersion, Yes, require_yes
from scaicontrol_cli.context import call
from scaicontrol_cli.output import Json, print_item

if TYPE_CHECKING:
    from scaicontrol_core.catalog.priced_pack import PricedPack

_OF_PACK = ("id", "slug", "is_active", "is_public", "created_at", "version")
_OF_TERMS = (
    "name", "description", "icon_url", "billing_period", "base_price_cents", "currency", "discount_type",
    "discount_percentage", "trial_days", "features", "sort_order",
)  # fmt: skip
_Pack = Annotated[str, typer.Argument(help="The pack's slug.", metavar="PACK")]


def pack_json(priced: PricedPack) -> Json:
    """Return a pack as JSON: as the catalogue shows it, and what is its editors' business."""
    from scaicontrol_core.kernel.events import to_json

    pack = priced.pack
    return {
        **{name: to_json(getattr(pack, name)) for name in _OF_PACK},
        **{name: to_json(getattr(pack.terms, name)) for name in _OF_TERMS},
        "price_cents": priced.price_cents,
        "items": [
            {"plan_key": item.plan_key, "override_price_cents": item.override_price_cents} for item in pack.items
        ],
    }


def add_to(app: typer.Typer) -> None:
    """Put these commands among those of packs."""
    app.command("describe")(describe_pack)
    app.command("save")(save_pack)
    app.command("deactivate")(deactivate_pack)


def describe_pack(pack: _Pack, as_json: AsJson = False) -> None:
    """Show a pack, hidden or not, at today's prices of its plans."""
    from scaicontrol_core.catalog.use_cases.get_pack import GetPack

    print_item(pack_json(call(lambda session: session.use(GetPack)(session.actor, pack))), as_json=as_json)


def save_pack(
    file: Annotated[str, typer.Argument(help="A YAML or JSON file with one pack, as in a catalogue; - is stdin.")],
    expected_version: ExpectedVersion = None,
    as_json: AsJson = False,
) -> None:
    """Offer a pack, or replace its terms and all its items; who has it keeps them until the next cycle."""
    from scaicontrol_cli.files import read_object
    from scaicontrol_core.catalog.catalogue_file import read_pack
    from scaicontrol_core.catalog.use_cases.save_pack import SavePack

    entry = read_pack(read_object(file))
    saved = call(lambda session: session.use(SavePack)(session.actor, entry, expected_version))
    print_item(pack_json(saved), as_json=as_json)


def deactivate_pack(pack: _Pack, yes: Yes = False, as_json: AsJson = False) -> None:
    """Take a pack out of the catalogue: nobody new can choose it, and who has it keeps it."""
    from scaicontrol_core.catalog.use_cases.deactivate_pack import DeactivatePack

    require_yes(yes, f"Take {pack} out of the catalogue?")
    print_item(pack_json(call(lambda session: session.use(DeactivatePack)(session.actor, pack))), as_json=as_json)
