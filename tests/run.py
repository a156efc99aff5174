"""Runs the tests that ./dev test built and closes with `N passed, N failed`.

Unit tests come from build-asan, integration tests and those with browsers run against build-asan and, where a test says so, against build. What
clang is for is done beside them, with what they leave of the processors: it looks at every source of the product, builds the fuzzers, and each of
those runs on its corpus and then for a bounded time. A crash, a sanitizer's report or a test program that ends without a verdict is a failure
like any other.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
SANITIZERS = {
    # Libraries of plugins (gnutls, by way of curl) keep something for each thread; where that stands is guessed, and sometimes wrong, so that
    # looking for leaks dies there. It is not looked at.
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:exitcode=99:detect_stack_use_after_return=1:intercept_tls_get_addr=0",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}


class Tally:
    def __init__(self):
        self.passed = self.failed = 0
        self.broken = []

    def add(self, name, passed, failed, output=""):
        self.passed += passed
        self.failed += failed
        if failed:
            self.broken.append(name)
            print(f"FAIL {name}\n{output}", flush=True)


def environment():
    return {**os.environ, **SANITIZERS}


def run_unit(program):
    """Runs one cmocka program; its lines `[       OK ] name` and `[  FAILED  ] name` are the verdicts."""
    try:
        done = subprocess.run([program], cwd=ROOT, env=environment(), capture_output=True, text=True, errors="replace", timeout=300)
    except subprocess.TimeoutExpired as late:
        return 0, 1, f"no end after {late.timeout} s"
    output = done.stdout + done.stderr
    for reason in re.findall(r"^skipped: .*$", output, re.M):
        print(f"{program.name}: {reason}", flush=True)
    passed = len(re.findall(r"^\[\s+OK \] ", output, re.M))
    failed = len(set(re.findall(r"^\[  FAILED  \] (\w+)$", output, re.M)))
    if done.returncode != 0 and failed == 0:
        failed = 1
    if passed + failed == 0:
        failed = 1
        output += "\n(no test ran)"
    return passed, failed, output[-8000:]


def staged(stage):
    """Says how long a stage took, and how much of the processors: where they stand still more can be done at a time."""
    def run(*args):
        began, before = time.monotonic(), busy()
        stage(*args)
        took = time.monotonic() - began
        print(f"{stage.__name__}: {took:.0f} s, processors {100 * (busy() - before) / took / os.cpu_count():.0f} % busy", flush=True)
    return run


def busy():
    """Seconds that all processors were, since the machine began."""
    user, nice, system, _, _, irq, softirq = (int(n) for n in open("/proc/stat").readline().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


@staged
def units(tally, pattern):
    build = ROOT / "build-asan"
    programs = sorted(p for p in build.rglob("test_*") if p.is_file() and os.access(p, os.X_OK) and not p.suffix and ".libs" not in p.parts)
    programs = [p for p in programs if pattern in str(p.relative_to(build))]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for program, result in zip(programs, pool.map(run_unit, programs)):
            tally.add(str(program.relative_to(build)), *result)


def pytests(tally, pattern, name, workers, dist):
    folder = ROOT / "tests" / name
    report = ROOT / "build-asan" / f"{name}.xml"
    report.unlink(missing_ok=True)
    command = ["/usr/bin/python3", "-m", "pytest", "-q", "-rs", "-n", str(workers), "--dist", dist, f"--junitxml={report}", "-p", "no:cacheprovider", str(folder)]
    if pattern:
        command += ["-k", pattern]
    done = subprocess.run(command, cwd=ROOT, env={**environment(), "PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True, errors="replace")
    if done.returncode == 5 and pattern:
        return
    if not report.exists():
        tally.add(f"tests/{name}", 0, 1, done.stdout + done.stderr)
        return
    suite = xml.etree.ElementTree.parse(report).getroot().find("testsuite")
    total, bad, skipped = (int(suite.get(key)) for key in ("tests", "failures", "skipped"))
    bad += int(suite.get("errors"))
    if skipped:
        print("\n".join(line for line in done.stdout.splitlines() if "SKIP" in line), flush=True)
    tally.add(f"tests/{name}", total - bad - skipped, bad, done.stdout[-30000:])


@staged
def integration(tally, pattern):
    """Those of a file share a server. Most of the time they wait: there is room for one more than there are processors."""
    pytests(tally, pattern, "integration", os.cpu_count() + 1, "loadfile")


@staged
def browsers(tally, pattern):
    pytests(tally, pattern, "browser", os.cpu_count() + 1, "load")


def aside():
    """For a child that gets what others leave."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def run_fuzzer(program, seconds, begin):
    name = program.name
    corpus = ROOT / "tests" / "fuzz" / "corpus" / name.removeprefix("fuzz_")
    found = ROOT / "build-fuzz" / "found" / name
    found.mkdir(parents=True, exist_ok=True)
    grown = ROOT / "build-fuzz" / "grown" / name
    grown.mkdir(parents=True, exist_ok=True)
    command = [program, f"-max_total_time={seconds}", "-timeout=60", "-rss_limit_mb=2048", f"-artifact_prefix={found}/", "-print_final_stats=1", grown]
    if corpus.is_dir():
        command.append(corpus)
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, errors="replace", preexec_fn=begin)
    runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    return done.returncode == 0, int(runs[1]) if runs else 0, done.stderr[-6000:]


def fuzzers(pattern, seconds, begin=None):
    """Builds and runs those whose name has the pattern in it; returns what a tally adds."""
    names = sorted(path.stem for path in (ROOT / "tests" / "fuzz").glob("fuzz_*.c") if pattern in f"tests/fuzz/{path.stem}")
    if not names:
        return []
    built = subprocess.run(["make", "-s", "--no-print-directory", "-C", "build-fuzz", f"-j{os.cpu_count()}", *(f"tests/fuzz/{name}" for name in names)],
                           cwd=ROOT, capture_output=True, text=True, preexec_fn=begin)
    if built.returncode != 0:
        return [("build-fuzz", 0, 1, built.stdout + built.stderr)]
    results = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, (fine, runs, output) in zip(names, pool.map(lambda name: run_fuzzer(ROOT / "build-fuzz" / "tests" / "fuzz" / name, seconds, begin), names)):
            print(f"{name}: {runs} executions", flush=True)
            results.append((name, int(fine), int(not fine), output))
    return results


def clang(pattern, begin):
    """Every source of the product, by the other compiler."""
    if pattern not in "clang":
        return []
    sources = [path for folder in ("core", "plugins") for path in sorted((ROOT / folder).rglob("*.c"))
               if not re.match(r"test_|bench_|testing_|stub_|edge_bed", path.name)]
    made = (ROOT / "build-fuzz" / "Makefile").read_text()
    flags = [flag for name in ("WARN_CFLAGS", "LUA_CFLAGS") for flag in re.search(rf"^{name} = (.*)$", made, re.M)[1].split()]
    command = ["clang", "-std=c11", "-D_GNU_SOURCE", "-DHAVE_CONFIG_H", '-DSYSCONFDIR="/etc"', '-DPLUGIN_PATH="/usr/lib"', '-DDATA_PATH="/usr/share"',
               *flags, "-Werror", "-Iinclude", "-Icore", "-Ibuild-fuzz", "-fsyntax-only"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        done = list(pool.map(lambda i: subprocess.run([*command, *sources[i:i + 8]], cwd=ROOT, capture_output=True, text=True, preexec_fn=begin),
                             range(0, len(sources), 8)))
    wrong = "\n".join(one.stderr for one in done if one.returncode != 0)
    print(f"clang: {len(sources)} sources", flush=True)
    return [("clang", int(not wrong), int(bool(wrong)), wrong[:20000])]


def beside(pattern, seconds):
    began = time.monotonic()
    results = clang(pattern, aside) + fuzzers(pattern, seconds, aside)
    print(f"clang and fuzzers: {time.monotonic() - began:.0f} s, beside the others", flush=True)
    return results


def main():
    parser = argparse.ArgumentParser(prog="./dev test", description="run the tests")
    parser.add_argument("pattern", nargs="?", default="", help="only tests whose name has this in it")
    parser.add_argument("--fuzz", metavar="NAME", help="only fuzz, only fuzzers whose name has this in it")
    parser.add_argument("--seconds", type=int, default=3, help="how long each fuzzer runs")
    options = parser.parse_args()
    began = time.monotonic()
    tally = Tally()
    if options.fuzz is not None:
        results = fuzzers(options.fuzz, options.seconds)
    else:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            meanwhile = pool.submit(beside, options.pattern, options.seconds)
            units(tally, options.pattern)
            integration(tally, options.pattern)
            browsers(tally, options.pattern)
            results = meanwhile.result()
    for result in results:
        tally.add(*result)
    for name in tally.broken:
        print(f"failed: {name}")
    print(f"{time.monotonic() - began:.0f} s")
    print(f"{tally.passed} passed, {tally.failed} failed", flush=True)
    sys.exit(1 if tally.failed or not tally.passed else 0)


if __name__ == "__main__":
    main()
