"""From what people write to parts we know: aliases, token matching, "did you mean", and an honest *unknown*.

A name is cut into tokens. A part matches when brands do not contradict, every
model token of the text (one with a digit) is a token of the part, and what is
left over on the text's side is packaging talk ("ATX", "used", "black"). What is
left over on the part's side makes the match a *family*: the text may mean any
of several parts, and a judgement must hold for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import chain
from typing import Final, Literal

from payback.catalogue.components import Components, Drive, GpuCard, Memory, Part, PowerSupply
from payback.catalogue.described import described_drive, described_memory, extreme_cards, stated_gb, stated_watts
from payback.evidence import Grade

Kind = Literal["exact", "family", "described", "unknown"]
CATEGORY_NAMES: Final[Mapping[str, str]] = {
    "motherboard": "board", "mainboard": "board", "mobo": "board", "mb": "board",
    "ram": "memory", "storage": "drive", "ssd": "drive", "hdd": "drive", "disk": "drive",
    "power supply": "psu", "graphics card": "gpu", "graphics": "gpu", "video card": "gpu", "gpus": "gpu",
    "processor": "cpu", "cpu cooler": "cooler", "chassis": "chassis",
}  # fmt: skip


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BRANDS: Final = _words(
    "adata amd antec arctic arkn asrock asus aerocool bequiet colorful cooler corsair cougar crucial deepcool enermax"
    " evga fractal fsp galax gigabyte gskill hp inno3d intel kingston lian msi montech noctua nvidia nzxt patriot"
    " phanteks pny powercolor rosewill sama samsung seasonic seagate sharkoon silverstone sparkle super supermicro"
    " thermalright thermaltake toshiba wd xfx zotac"
)
SAME_BRAND: Final = {"aorus": "gigabyte", "rog": "asus", "western": "wd", "superflower": "super"}
CHIP_MAKERS: Final = frozenset({"nvidia", "amd", "intel"})
REFERENCE_MAKERS: Final = frozenset({"nvidia", "amd", "pny", "hp"})
"""A chip sold by these alone has one card: the reference design."""
PACKAGING: Final = _words(
    "atx eatx e-atx matx micro mini-itx itx full mid tower desktop desktops case chassis motherboard mainboard board"
    " ddr4 ddr5 black white silver grey gray red blue green used new refurbished the with and for rgb argb"
    " series edition desktop processor cpu box boxed tray oem wof retail fully semi modular certified 80plus 80"
    " graphics card video gpu gddr5 gddr5x gddr6 gddr6x gddr7 geforce radeon amd nvidia intel pcie ssd hdd nvme m.2"
    " cooler water liquid air aio mm pc gaming drive internal hard disk inch rev lga1151 lga1150 lga1155 lga1156"
    " lga1200 lga1700 lga1851 lga2066 lga2011-3 lga2011-v3 str4 tr4 strx4 str5 swrx8 am4 am5 sp3 sp5 sp6 generation"
    " dual two single slot tempered glass psu power supply kit memory ram dimm a as open new"
)
VARIANTS: Final = _words(
    "ti super xl mini compact nano pro max ii iii iv alpha hybrid evo xt xtx x3d d4 server turbo lite air elite"
    " founders extreme xtreme prime strix tuf apex creator carbon tomahawk taichi steel master ws sage itx matx fe"
    " kingpin blower waterforce hydro dark"
)
OPEN_FRAME: Final = re.compile(r"open.?(air|frame)|mining (frame|rig|case)|test ?bench", re.IGNORECASE)
YEAR: Final = re.compile(r"^(20\d\d|3|3\.[01])$")
CARD_GB: Final = re.compile(r"(?<![\d.])(\d{1,3}) ?GI?B\b", re.IGNORECASE)
CARD_GB_TOLERANCE: Final = 1.0
SPEC: Final = re.compile(
    r"^(\d+(gb|g|tb|w|va|mm|mhz|mt/s|cl)|cl\d+|ddr\d-\d+|\d+x\d+(gb)?|m\.2-\d+|22(42|60|80|110)|gddr\w+)$"
)
EFFICIENCY_MARK: Final = re.compile(
    r"\b(80 ?\+|80 ?plus|gold|platinum|titanium|silver|bronze|atx ?3(\.\d)?|fully.modular)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What a name on a list may mean."""

    kind: Kind
    text: str
    candidates: tuple[Part, ...] = ()
    suggestions: tuple[str, ...] = ()
    """Nearest known names, when there is no candidate."""


def category_of(word: str) -> str:
    """One name per category: ``motherboard`` becomes ``board``, ``ram`` becomes ``memory``.

    Example:
        >>> category_of("Motherboard"), category_of("fan")
        ('board', 'fan')
    """
    folded = word.strip().casefold()
    return CATEGORY_NAMES.get(folded, folded)


def tokens(text: str) -> list[str]:
    """The words of a part's name, spelt one way.

    Example:
        >>> tokens("Lian-Li PC-O11AIR"), tokens("Corsair 850 W 80+ Gold")
        (['lian', 'pc', 'o11', 'air'], ['corsair', '850w', '80plus', 'gold'])
    """
    folded = text.casefold().replace("g.skill", "gskill").replace("be quiet!", "bequiet").replace("™", " ")
    folded = folded.replace("lian-li", "lian").replace("lian li", "lian").replace("80+", "80plus ")
    folded = folded.replace("wi-fi", "wifi").replace("nh-", "nh").replace("rtx™", "rtx")
    folded = re.sub(r"\bo11air\b", "o11 air", folded)
    folded = re.sub(r"(\d) ?watts?\b", r"\1w", folded)
    folded = re.sub(r"(\d) (gb|tb|w|mm|mhz)\b", r"\1\2", folded)
    words = re.split(r"[^a-z0-9.+]+", folded)
    return [SAME_BRAND.get(word, word) for word in (w.strip(".") for w in words) if word]


def resolve(category: str, text: str, components: Components) -> Resolution:
    """What `text`, on a line of that category, may mean.

    Args:
        category: ``cpu``, ``board``, ``memory``, ``gpu``, ``psu``, ``case``, ``cooler``, ``drive``.
        text: The name as written.
        components: The catalogue.

    Returns:
        One candidate if the name is clear, several if it may mean several parts, a described part where the name
        itself gives the figures (a supply's watts, a kit's modules), none if nobody knows.

    Example:
        >>> from payback.catalogue.components import load_components
        >>> [part.name for part in resolve("cpu", "AMD Threadripper 1920X", load_components()).candidates]
        ['AMD Ryzen Threadripper 1920X']
    """
    known = components.of_category(category)
    if not known:
        return Resolution(kind="unknown", text=text)
    direct = _by_alias(text, known)
    if direct is not None:
        return Resolution(kind="exact", text=text, candidates=(direct,))
    if category == "memory":
        return _memory(text, components)
    if category == "gpu":
        return _card(text, components)
    found = _of_category(category, text, known)
    if found:
        return Resolution(kind="exact" if len(found) == 1 else "family", text=text, candidates=tuple(found))
    return _described(category, text, known)


def _of_category(category: str, text: str, known: Mapping[str, Part]) -> list[Part]:
    if category == "psu":
        agreeing = [part for part in known.values() if isinstance(part, PowerSupply) and _figures_agree(text, part)]
        return matches(_bare_supply(text), agreeing, spell=_bare_supply)
    if category == "drive":
        size = stated_gb(text)
        drives = (part for part in known.values() if isinstance(part, Drive))
        return matches(text, [drive for drive in drives if size in (None, stated_gb(drive.name), drive.capacity_gb)])
    if category == "case" and OPEN_FRAME.search(text):
        return [part for part in known.values() if part.name == "open frame"]
    return matches(text, known.values())


def _by_alias(text: str, known: Mapping[str, Part]) -> Part | None:
    wanted = " ".join(tokens(text))
    for part in known.values():
        if wanted in (" ".join(tokens(name)) for name in (part.name, *part.aliases)):
            return part
    return None


def matches(text: str, parts: Iterable[Part], *, spell: Callable[[str], str] = str) -> list[Part]:
    """The parts that `text` may mean: those of least disagreement, several if it is a tie."""
    scored = [(cost, part) for part in parts if (cost := disagreement(text, spell(part.name))) is not None]
    least = min((cost for cost, _ in scored), default=0)
    return [part for cost, part in scored if cost == least]


def disagreement(text: str, name: str) -> int | None:
    """How far a text is from a part's name: words of the name that the text leaves out (A5). None = another part.

    Example:
        >>> disagreement("MSI X399 SLI", "MSI X399 SLI PLUS"), disagreement("MSI B550", "MSI X399 SLI PLUS")
        (1, None)
    """
    said, named = set(tokens(text)), set(tokens(name))
    if _brands_differ(said, named):
        return None
    surplus = {word for word in said - named if word not in PACKAGING and not SPEC.match(word) and word not in BRANDS}
    if not any(YEAR.match(word) for word in named):
        surplus = {word for word in surplus if not YEAR.match(word)}
    if surplus or not _share_identity(said, named):
        return None
    left_out = named - said - PACKAGING - BRANDS
    if left_out & VARIANTS:
        return None
    return len([word for word in left_out if not SPEC.match(word)])


def _brands_differ(said: set[str], named: set[str]) -> bool:
    of_text, of_name = said & BRANDS - CHIP_MAKERS, named & BRANDS - CHIP_MAKERS
    return bool(of_text and of_name and not of_text & of_name)


def _share_identity(said: set[str], named: set[str]) -> bool:
    common = {word for word in said & named if word not in PACKAGING and not SPEC.match(word)}
    models = {word for word in common if any(c.isdigit() for c in word)}
    return bool(models) or len(common - BRANDS) >= 2


def _bare_supply(name: str) -> str:
    """A supply's name without its efficiency mark, and with its watts as a model number."""
    bare = EFFICIENCY_MARK.sub(" ", name)
    stated = re.search(r"\b(\d{3,4}) ?W(atts?)?\b", bare, re.IGNORECASE)
    if stated is None:
        return bare
    rest = bare.replace(stated.group(), " ", 1)
    return rest if stated.group(1) in rest else bare.replace(stated.group(), stated.group(1), 1)


def _figures_agree(text: str, part: PowerSupply) -> bool:
    watts = stated_watts(text)
    mark = re.search(r"gold|platinum|titanium|silver|bronze", text.casefold())
    marks_differ = mark is not None and part.efficiency is not None and mark.group() not in part.efficiency.casefold()
    return watts in (None, part.watts) and not marks_differ


def _described(category: str, text: str, known: Mapping[str, Part]) -> Resolution:
    part: Part | None = None
    if category == "psu" and (watts := stated_watts(text)) is not None:
        form = "server" if "server" in text.casefold() else "ATX"
        part = PowerSupply(psu=text, watts=watts, form=form, source="list", grade=Grade.QUOTED)
    if category == "drive":
        part = described_drive(text)
    if part is not None:
        return Resolution(kind="described", text=text, candidates=(part,), suggestions=_near(text, known))
    return Resolution(kind="unknown", text=text, suggestions=_near(text, known))


def _near(text: str, *known: Mapping[str, Part]) -> tuple[str, ...]:
    folded = {name.casefold(): name for names in known for name in names}
    return tuple(folded[n] for n in get_close_matches(text.casefold(), list(folded), n=3, cutoff=0.6))


def _memory(text: str, components: Components) -> Resolution:
    part = described_memory(text, _memory_line(text, components))
    if part is None:
        return Resolution(kind="unknown", text=text, suggestions=_near(text, components.memory))
    return Resolution(kind="described", text=text, candidates=(part,))


def _memory_line(text: str, components: Components) -> Memory | None:
    """The product line that a description names; a brand alone names none."""
    said = set(tokens(text))
    lines = [kit for kit in components.memory.values() if _line_words(kit) - BRANDS and _line_words(kit) <= said]
    return max(lines, key=lambda kit: len(_line_words(kit)), default=None)


def _line_words(kit: Memory) -> set[str]:
    words = {word for word in tokens(re.sub(r"\(.*?\)", " ", kit.name)) if not SPEC.match(word)}
    return {word for word in words if not re.fullmatch(r"\d{3,4}|ddr\d|kit|module|ecc|rdimm", word)}


def _card(text: str, components: Components) -> Resolution:
    chips = _of_stated_size(text, _chips(text, components), components)
    cards = [card for card in components.gpu_cards.values() if card.gpu in chips]
    found = [card for card in matches(text, cards) if isinstance(card, GpuCard)] if _names_a_card(text, chips) else []
    if found:
        stated = tuple(_with_stated(card, text) for card in found)
        return Resolution(kind="exact" if len(found) == 1 else "family", text=text, candidates=stated)
    if cards and all(tokens(card.name)[0] in REFERENCE_MAKERS for card in cards) and len(cards) == len(chips) == 1:
        return Resolution(kind="exact", text=text, candidates=(_with_stated(cards[0], text),))
    generic = [_with_stated(components.generic_cards[chip], text) for chip in chips if chip in components.generic_cards]
    if generic:
        extremes = (extreme_cards(card, components.gpu_ranges.get(card.gpu)) for card in generic)
        return Resolution(kind="described", text=text, candidates=tuple(chain.from_iterable(extremes)))
    return Resolution(
        kind="unknown", text=text, suggestions=_near(text, components.generic_cards, components.gpu_cards)
    )


def _chips(text: str, components: Components) -> tuple[str, ...]:
    """Chips that a card's name may mean: the longest known spelling inside the text."""
    said = " ".join(tokens(re.sub(r"\(.*?\)", " ", text)))
    found: tuple[str, ...] = ()
    longest = 0
    for spelling, members in components.gpu_names.exact.items():
        wanted = " ".join(tokens(spelling))
        if len(wanted) > longest and re.search(rf"(?<![a-z0-9]){re.escape(wanted)}(?![a-z0-9])", said):
            found, longest = members, len(wanted)
    forms = [form for form in ("sxm2", "sxm3", "sxm4", "sxm5", "sxm", "pcie") if form in said.split()]
    return tuple(m for m in found if not forms or any(form in tokens(m) for form in forms)) or found


def _of_stated_size(text: str, chips: tuple[str, ...], components: Components) -> tuple[str, ...]:
    """The chips that have the memory which a name states: an "RTX 5090 64GB" is no card that anybody knows."""
    sizes = {float(size) for size in CARD_GB.findall(re.sub(r"\(.*?\)", " ", text))}
    known = {chip: components.generic_cards[chip].memory_gib for chip in chips if chip in components.generic_cards}
    if not sizes:
        return chips
    return tuple(chip for chip in chips if known.get(chip) is None or _near_any(known[chip] or 0.0, sizes))


def _near_any(memory_gib: float, sizes: Iterable[float]) -> bool:
    return any(abs(memory_gib - size) <= CARD_GB_TOLERANCE for size in sizes)


def _names_a_card(text: str, chips: Iterable[str]) -> bool:
    """Whether a text says more than a brand and a chip."""
    of_chips = {word for chip in chips for word in tokens(chip)}
    said = set(tokens(re.sub(r"\(.*?\)", " ", text))) - of_chips - PACKAGING - BRANDS
    return any(not SPEC.match(word) for word in said)


def _with_stated(card: GpuCard, text: str) -> GpuCard:
    """The card with what the text itself says: "blower", "two-slot", "Hybrid"."""
    words = text.casefold()
    changed = card
    width = re.search(r"\b(single|one|dual|two|triple|three|1|2|3|4)[- ]slot", words)
    if width and card.slot_width is None:
        count = {"single": 1, "one": 1, "dual": 2, "two": 2, "triple": 3, "three": 3}.get(width.group(1))
        changed = replace(changed, slot_width=float(count if count is not None else width.group(1)))
    if card.cooler is None and re.search(r"\bblower\b|\bturbo\b", words):
        changed = replace(changed, cooler="blower")
    if card.cooler is None and re.search(r"hybrid|waterforce|\bliquid\b|\baio\b", words):
        changed = replace(changed, cooler="liquid")
    return changed
