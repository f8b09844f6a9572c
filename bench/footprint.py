"""Measure what an install of deskquorum costs, beside the packages that people would use instead.

Each package goes into a fresh virtual environment by a plain `pip install NAME`, one at a time,
without pip's cache. The environment is made without pip and setuptools, so that everything found
in site-packages was brought by the package. A failed or stopped install is a row of its own.

    python bench/footprint.py [--only NAME ...] [--out docs/footprint.md]
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["Candidate", "Measurement", "main", "measure", "report"]

_ROOT = Path(__file__).resolve().parent.parent
_OURS = "deskquorum"
_MEGABYTE = 1_000_000
_IMPORT_RUNS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A package to measure: what pip installs, and the import that a host writes first."""

    name: str
    requirements: tuple[str, ...]
    imports: str
    note: str = ""

    @property
    def distribution(self) -> str:
        """Name of the distribution whose version stands in the table."""
        return self.name.partition("[")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Where an install is stopped."""

    seconds: float
    megabytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What one install cost; `failure` says why there are no figures, or that they are partial."""

    candidate: Candidate
    version: str = ""
    megabytes: float | None = None
    distributions: int | None = None
    install_s: float | None = None
    import_s: float | None = None
    failure: str = ""


CANDIDATES = (
    Candidate(
        name=_OURS,
        requirements=(str(_ROOT),),
        imports="from deskquorum import load_desk",
        note=(
            "half of it is spaCy, numpy and phonenumbers, which presidio-analyzer requires; "
            "the libraries that only some parts need are loaded when those parts run, not here"
        ),
    ),
    Candidate(
        name="deskquorum[local]",
        requirements=(f"{_ROOT}[local]",),
        imports="from deskquorum import load_desk",
        note="with embeddings and the local model's engine, as `make demo` installs it",
    ),
    Candidate(
        name="nemoguardrails", requirements=("nemoguardrails",), imports="import nemoguardrails"
    ),
    Candidate(name="guardrails-ai", requirements=("guardrails-ai",), imports="import guardrails"),
    Candidate(
        name="llm-guard",
        requirements=("llm-guard",),
        imports="import llm_guard",
        note="pulls torch; on Linux the default wheel of torch brings the CUDA libraries",
    ),
    Candidate(
        name="openai-guardrails", requirements=("openai-guardrails",), imports="import guardrails"
    ),
    Candidate(
        name="langchain",
        requirements=("langchain", "langchain-openai"),
        imports="import langchain.agents.middleware, langchain_openai",
        note="with langchain-openai: the smallest set whose middleware can guard an OpenAI model",
    ),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the wanted candidates and print the table; 1 when ours could not be measured."""
    options = _parser().parse_args(arguments)
    limits = Limits(seconds=options.max_seconds, megabytes=options.max_gigabytes * 1000)
    wanted = [c for c in CANDIDATES if not options.only or c.name in options.only]
    measured: list[Measurement] = []
    for candidate in wanted:
        print(f"installing {candidate.name} ...", file=sys.stderr, flush=True)
        measured.append(measure(candidate, limits=limits))
        print(f"  {_summary(measured[-1])}", file=sys.stderr, flush=True)
        if options.out:
            # After every row, so that an interrupted run leaves what it has.
            options.out.write_text(report(measured, limits=limits), encoding="utf-8")
    print(report(measured, limits=limits))
    return int(any(m.candidate.name == _OURS and m.failure for m in measured))


def measure(candidate: Candidate, *, limits: Limits) -> Measurement:
    """Install one candidate into a fresh environment, measure it and throw it away."""
    scratch = Path(tempfile.mkdtemp(prefix="footprint-"))
    try:
        return _measure_in(scratch, candidate, limits)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def report(measured: Sequence[Measurement], *, limits: Limits) -> str:
    """The whole page: how it was measured, the table, the notes."""
    ours = next((m.megabytes for m in measured if m.candidate.name == _OURS), None)
    rows = "\n".join(_row(m, ours) for m in measured)
    notes = "\n".join(
        f"- {m.candidate.name}: {m.candidate.note}" for m in measured if m.candidate.note
    )
    return f"""\
# Footprint

What an install costs: site-packages in megabytes (10^6 bytes, compiled files included, pip and
setuptools not counted unless a package requires them), seconds of `pip install` without a cache,
and seconds of a host's first import in a fresh process (best of {_IMPORT_RUNS}).
One after the other, each in an environment of its own.

- Date: {datetime.now(UTC):%Y-%m-%d}
- Machine: {_machine()}
- Command: `python bench/footprint.py --out docs/footprint.md`
- An install is stopped after {limits.seconds:.0f} seconds or {limits.megabytes / 1000:.0f} GB.

| package | version | MB | times ours | distributions | install s | import s | outcome |
|---|---|---:|---:|---:|---:|---:|---|
{rows}

{notes}

Seconds depend on the network and on what else the machine does; megabytes do not.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    names = [candidate.name for candidate in CANDIDATES]
    parser.add_argument("--only", action="append", choices=names, metavar="NAME", default=[])
    parser.add_argument("--out", type=Path, help="also write the page to this file")
    parser.add_argument("--max-seconds", type=float, default=600.0)
    parser.add_argument("--max-gigabytes", type=float, default=15.0)
    return parser


def _measure_in(scratch: Path, candidate: Candidate, limits: Limits) -> Measurement:
    environment = scratch / "venv"
    make = [sys.executable, "-m", "venv", "--without-pip", str(environment)]
    subprocess.run(make, check=True)
    python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    started = time.perf_counter()
    failure = _install(python, candidate, scratch, limits)
    install_s = time.perf_counter() - started
    if failure:
        return Measurement(candidate=candidate, install_s=install_s, failure=failure)
    packages = Path(_ask(python, "import sysconfig; print(sysconfig.get_path('purelib'))"))
    import_s, failure = _import_seconds(python, candidate.imports)
    return Measurement(
        candidate=candidate,
        version=_ask(
            python,
            f"from importlib.metadata import version as v; print(v('{candidate.distribution}'))",
        ),
        megabytes=_size(packages),
        distributions=len(list(packages.glob("*.dist-info"))),
        install_s=install_s,
        import_s=import_s,
        failure=failure,
    )


def _install(python: Path, candidate: Candidate, scratch: Path, limits: Limits) -> str:
    """Run pip inside the limits; an empty string, or why it did not finish."""
    unpacking = scratch / "tmp"
    unpacking.mkdir()
    log = scratch / "pip.log"
    command = [sys.executable, "-m", "pip", "--python", str(python), "install"]
    command += ["--quiet", "--no-cache-dir", "--no-input", *candidate.requirements]
    with log.open("wb") as sink:
        pip = subprocess.Popen(
            command,
            stdout=sink,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TMPDIR": str(unpacking)},
            start_new_session=True,
        )
        overrun = _watch(pip, scratch, limits)
    if overrun or pip.returncode == 0:
        return overrun
    errors = [line for line in log.read_text(errors="replace").splitlines() if "ERROR" in line]
    return f"pip failed: {errors[-1].removeprefix('ERROR: ') if errors else 'no message'}"


def _watch(pip: subprocess.Popen[bytes], scratch: Path, limits: Limits) -> str:
    """Wait for pip and end it when it outgrows a limit; downloads count towards the size."""
    started = time.perf_counter()
    while pip.poll() is None:
        time.sleep(2.0)
        size, seconds = _size(scratch), time.perf_counter() - started
        passed = _passed(limits, seconds=seconds, megabytes=size)
        if passed:
            os.killpg(pip.pid, signal.SIGKILL)
            pip.wait()
            return f"stopped: {passed}, with {size:.0f} MB on disk after {seconds:.0f} s"
    return ""


def _passed(limits: Limits, *, seconds: float, megabytes: float) -> str:
    """Name the limit that was passed, or an empty string."""
    if megabytes > limits.megabytes:
        return f"over {limits.megabytes:.0f} MB"
    return f"over {limits.seconds:.0f} s" if seconds > limits.seconds else ""


def _import_seconds(python: Path, statement: str) -> tuple[float | None, str]:
    """Best of a few fresh processes; a package that can't be imported says so."""
    program = f"import time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
    try:
        return min(float(_ask(python, program)) for _ in range(_IMPORT_RUNS)), ""
    except subprocess.CalledProcessError as error:
        last = (error.stderr or "no message").strip().splitlines()[-1]
        return None, f"installed, import failed: {last}"


def _ask(python: Path, program: str) -> str:
    """What a one-line program prints last in that environment."""
    ran = subprocess.run(
        [str(python), "-c", program], check=True, capture_output=True, text=True, cwd=python.parent
    )
    return ran.stdout.strip().splitlines()[-1]


def _size(folder: Path) -> float:
    """Megabytes of all plain files below a folder that may be changing."""
    return sum(_file_sizes(folder)) / _MEGABYTE


def _file_sizes(folder: Path) -> Iterable[int]:
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                yield (Path(parent) / name).lstat().st_size
            except FileNotFoundError:
                continue


def _machine() -> str:
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}"
    )


def _row(measured: Measurement, ours: float | None) -> str:
    ratio = measured.megabytes / ours if measured.megabytes and ours else None
    cells = (
        measured.candidate.name,
        measured.version or "-",
        _cell(measured.megabytes, ".0f"),
        _cell(ratio, ".2f"),
        _cell(measured.distributions, "d"),
        _cell(measured.install_s, ".0f"),
        _cell(measured.import_s, ".2f"),
        measured.failure or "ok",
    )
    return f"| {' | '.join(cells)} |"


def _cell(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _summary(measured: Measurement) -> str:
    return measured.failure or f"{measured.megabytes:.0f} MB in {measured.install_s:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
