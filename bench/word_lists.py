"""Makes the word lists that redaction carries: given names, surnames, places and English words.

Names and places are those of faker's locales (MIT), English words are SCOWL's (its copyright note
permits any use), as Debian packages them in `wamerican-small`. Nothing is taken from a data set of
personal data, ours or others'. Words are folded; scripts other than Latin are left out, because
there a name has no capital letter to know it by.

    python bench/word_lists.py --english /usr/share/dict/american-english-small --out DIR
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from deskquorum.redaction.record import fold
from deskquorum.redaction.wordlists import words

GIVEN = re.compile(r"_?(?:first_name|firstname|given)")
SURNAME = re.compile(r"_?(?:last_name|lastname|surname|family)")
PLACE = re.compile(
    r"(?:real_)?(?:cities|city_names?|countries|states|provinces?|regions|municipalities|cantons"
    r"|departments)$"
)
COUNTRY = re.compile(r"(?:countries|states)$")
LEAST_LETTERS = 3
TRIMMED = "'.\u2019"
NOTE_FAKER = (
    "# From the locales of faker {version}, folded; made by bench/word_lists.py. faker is Copyright"
    " (c) 2012 Daniele Faraglia, under the MIT License: Permission is hereby granted, free of"
    " charge, to any person obtaining a copy of this software and associated documentation files"
    ' (the "Software"), to deal in the Software without restriction, including without limitation'
    " the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies"
    " of the Software, and to permit persons to whom the Software is furnished to do so, subject to"
    " the following conditions: The above copyright notice and this permission notice shall be"
    " included in all copies or substantial portions of the Software. THE SOFTWARE IS PROVIDED"
    ' "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE'
    " WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO"
    " EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER"
    " LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN"
    " CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE."
)
NOTE_SCOWL = (
    "# From SCOWL, size 35, Copyright 2000-2011 by Kevin Atkinson. Permission to use, copy, modify,"
    " distribute and sell these word lists, the associated scripts, the output created from the"
    " scripts, and its documentation for any purpose is hereby granted without fee, provided that"
    " the above copyright notice appears in all copies and that both that copyright notice and this"
    " permission notice appear in supporting documentation. Made by bench/word_lists.py."
)


def main() -> None:
    """Write the lists."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--english", type=Path, required=True, help="SCOWL's list, a word a line")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    options = parser.parse_args()
    listed = options.english.read_text(encoding="utf-8").split()
    english = {word for word in listed if word.isalpha() and word.islower()}
    everyday = english | words("common_words")
    given, surnames = set(_names("person", GIVEN)), set(_names("person", SURNAME))
    # A name that is an everyday word as well is one only where nothing else can stand.
    both = (given | surnames) & english - words("common_words")
    given, surnames = given - everyday, surnames - everyday
    # Villages are called 'Of' and 'Best'; countries stay, whatever else the word means.
    places = {place for place in _places(PLACE) if place not in everyday} | set(_places(COUNTRY))
    note = NOTE_FAKER.format(version=version("faker"))
    _write(options.out / "given_names.txt", note, given)
    _write(options.out / "surnames.txt", note, surnames)
    _write(options.out / "everyday_names.txt", note, both)
    _write(options.out / "places.txt", note, (place.replace(" ", "_") for place in places))
    _write(options.out / "english_words.txt", NOTE_SCOWL, map(fold, english))


def _names(provider: str, wanted: re.Pattern[str]) -> Iterator[str]:
    for text in _values(provider, wanted):
        for part in re.split(r"[\s\-]+", text):
            name = fold(part.strip(TRIMMED))
            if len(name) >= LEAST_LETTERS and re.fullmatch(r"[a-z']+", name):
                yield name


def _places(wanted: re.Pattern[str]) -> Iterator[str]:
    for text in _values("address", wanted):
        place = fold(re.sub(r"\s*\(.*\)", "", text))
        if len(place) > LEAST_LETTERS and re.fullmatch(r"[a-z'.\-]+(?: [a-z'.\-]+){0,3}", place):
            yield place


def _values(provider: str, wanted: re.Pattern[str]) -> Iterator[str]:
    package = importlib.import_module(f"faker.providers.{provider}")
    for module in pkgutil.iter_modules(package.__path__):
        locale = importlib.import_module(f"{package.__name__}.{module.name}").Provider
        for name in dir(locale):
            value = getattr(locale, name)
            if wanted.match(name) and not callable(value):
                yield from _texts(value)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Iterable):
        for inner in value:
            yield from _texts(inner)


def _write(path: Path, note: str, found: Iterable[str]) -> None:
    lines = [note, *sorted(set(found)), ""]
    path.write_text("\n".join(lines), encoding="utf-8")
    print(f"{path.name}: {len(lines) - 2} words, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
