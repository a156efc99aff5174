"""How results are shown: one table of all servers, with ratios to the floor and to whiply, and the figures that whiply must reach."""
import json

COLUMNS = [
    # key, head, format
    ("one_us", "1 in flight\nCPU µs", "{:.2f}"),
    ("one_floor", "\n× floor", "{:.2f}"),
    ("one_s", "\ndeliv./s", "{:,.0f}"),
    ("many_us", "32 in flight\nCPU µs", "{:.3f}"),
    ("many_floor", "\n× floor", "{:.2f}"),
    ("many_s", "\ndeliv./s", "{:,.0f}"),
    ("p50_ms", "10 a second\np50 ms", "{:.1f}"),
    ("p95_ms", "\np95 ms", "{:.1f}"),
    ("p99_ms", "\np99 ms", "{:.1f}"),
    ("join_us", "join\nCPU µs", "{:,.0f}"),
    ("join_n", "\nmembers", "{:,.0f}"),
    ("idle_bytes", "idle\nbytes", "{:,.0f}"),
    ("idle_n", "\nheld", "{:,.0f}"),
    ("wire_bytes", "wire\nbytes", "{:.0f}"),
    ("one_ours", "whiply ws ÷ this\n1", "{:.2f}"),
    ("many_ours", "\n32", "{:.2f}"),
]


def _heads(heads, widths):
    """The upper line: a head stands over the left edge of its first column, and reaches into those that have none."""
    line, at = "", 0
    for head, width in zip(heads, widths):
        if head:
            line = line.ljust(at + 2) + head
        at += width + (2 if at else 0)
    return line


def show(servers, failed):
    columns = [c for c in COLUMNS if any(c[0] in row for row in servers.values())]
    if columns:
        cells = [["", *(head.split("\n")[0] for _, head, _ in columns)], ["", *(head.split("\n")[1] for _, head, _ in columns)]]
        for name, row in servers.items():
            if row:
                cells.append([name, *(form.format(row[key]) if key in row else "-" for key, _, form in columns)])
        # A head over several columns begins at the first of them and may reach into the next, which have none.
        widths = [max(len(line[i]) for line in cells[1:]) for i in range(len(cells[0]))]
        print()
        print(_heads(cells[0], widths))
        for line in cells[1:]:
            print(line[0].ljust(widths[0]) + "".join("  " + text.rjust(width) for text, width in zip(line[1:], widths[1:])))
    for name, why in failed.items():
        print(f"{name}: not measured: {why}")


def show_figures(figures):
    if not figures:
        return
    width = max(len(f["what"]) for f in figures)
    print()
    for f in figures:
        bound = f"{'at most' if f['most'] else 'at least'} {f['bound']:,.6g} {f['unit']}" if f["bound"] is not None else ""
        verdict = "" if f["ok"] is None else "ok  " if f["ok"] else "MISS"
        print(f"{verdict:4} {f['what'].ljust(width)}  {f['got']:>12,.6g} {f['unit']:12} {bound}".rstrip())


def write_json(path, results):
    with open(path, "w") as out:
        json.dump(results, out, indent=1, ensure_ascii=False)
        out.write("\n")
