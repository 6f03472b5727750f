// Which colour a row takes: by the groups of a category, or along a scale of numbers.

function rgbOf(hex) {
  const number = parseInt(hex.slice(1), 16);
  return [number >> 16, (number >> 8) & 255, number & 255];
}

// A column's colouring: groups (a row each in the legend) and, for numbers, a scale.
class Coloring {
  constructor(column, n, mostLevels) {
    this.column = column;
    this.groupOf = new Uint16Array(n);
    this.scale = null;
    this.groups = [];
    if (!column) {
      this.groups.push({ name: "all points", count: n, slot: "plain" });
    } else if (column.kind === "category") {
      this.byLevel(n, mostLevels);
    } else {
      this.byNumber(n);
    }
  }

  byLevel(n, most) {
    const { values, levels } = this.column;
    const counts = new Uint32Array(levels.length + 1);
    for (let i = 0; i < n; i++) counts[values[i]]++;
    let own = levels.map((_, k) => k);
    if (levels.length > most) {
      own.sort((a, b) => counts[b + 1] - counts[a + 1] || a - b);
      own = own.slice(0, most - 1).sort((a, b) => a - b);
    }
    const groupOfCode = new Uint16Array(levels.length + 1);
    const rest = levels.length - own.length;
    const other = own.length;
    const missing = other + (rest > 0 ? 1 : 0);
    groupOfCode.fill(other);
    groupOfCode[0] = missing;
    let shown = 0;
    own.forEach((k, g) => {
      groupOfCode[k + 1] = g;
      shown += counts[k + 1];
      this.groups.push({ name: levels[k], count: counts[k + 1], slot: g });
    });
    if (rest > 0) {
      const name = `${whole.format(rest)} other values`;
      this.groups.push({ name, count: n - shown - counts[0], slot: "missing" });
    }
    if (counts[0] > 0) this.groups.push({ name: "missing", count: counts[0], slot: "missing" });
    for (let i = 0; i < n; i++) this.groupOf[i] = groupOfCode[values[i]];
  }

  byNumber(n) {
    const { values } = this.column;
    const finite = [];
    // Of very long columns a sample bounds the scale.
    const step = Math.max(1, Math.floor(n / 200000));
    let low = Infinity, high = -Infinity, absent = 0;
    for (let i = 0; i < n; i++) {
      const v = values[i];
      if (!Number.isFinite(v)) { absent++; this.groupOf[i] = 1; continue; }
      if (v < low) low = v;
      if (v > high) high = v;
      if (i % step === 0) finite.push(v);
    }
    this.groups.push({ name: "with a value", count: n - absent, slot: "scale" });
    if (absent > 0) this.groups.push({ name: "missing", count: absent, slot: "missing" });
    if (absent === n) return;
    // The outer half percent on either side would often use up most of the scale.
    const sorted = Float64Array.from(finite).sort();
    let from = low, to = high;
    if (sorted.length >= 200) {
      const p = sorted[Math.floor(0.005 * sorted.length)];
      const q = sorted[Math.ceil(0.995 * sorted.length) - 1];
      if (q > p && high - low > 1.5 * (q - p)) { from = p; to = q; }
    }
    // The values between which the 256 colours change when colours go by rank.
    const ranks = new Float64Array(255);
    for (let k = 0; k < 255; k++) ranks[k] = sorted[Math.floor(((k + 1) / 256) * sorted.length)];
    this.scale = { from, to, below: low < from, above: high > to, ranks, byRank: false };
  }

  // Fill rgb of `colors` (four bytes a row) for one theme.
  fill(colors, themed) {
    const table = this.groups.map((group) => rgbOf(
      group.slot === "missing" ? themed.missing
        : group.slot === "plain" || group.slot === "scale" ? themed.plain
          : themed.palette[group.slot]));
    const n = this.groupOf.length;
    for (let i = 0; i < n; i++) {
      const [r, g, b] = table[this.groupOf[i]];
      colors[4 * i] = r;
      colors[4 * i + 1] = g;
      colors[4 * i + 2] = b;
    }
    if (!this.scale) return;
    const { from, to, ranks, byRank } = this.scale;
    const ramp = scaleTable(themed);
    const factor = to > from ? 255 / (to - from) : 0;
    for (let i = 0; i < n; i++) {
      if (this.groupOf[i] !== 0) continue;
      const value = this.column.values[i];
      const at = byRank ? rankOf(value, ranks)
        : Math.max(0, Math.min(255, Math.round((value - from) * factor)));
      colors[4 * i] = ramp[3 * at];
      colors[4 * i + 1] = ramp[3 * at + 1];
      colors[4 * i + 2] = ramp[3 * at + 2];
    }
  }
}

// How many of the sorted `ranks` are at most `value`, by bisection; equal values share a colour.
function rankOf(value, ranks) {
  let low = 0, high = ranks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranks[middle] <= value) low = middle + 1; else high = middle;
  }
  return low;
}

// The part of the scale that stands out from the paper, in 256 steps.
function scaleTable(themed) {
  const stops = themed.scale.map(rgbOf);
  const [first, last] = themed.dark ? [0.14, 1] : [0, 0.94];
  const table = new Uint8Array(256 * 3);
  for (let k = 0; k < 256; k++) {
    const at = (first + ((last - first) * k) / 255) * (stops.length - 1);
    const s = Math.min(stops.length - 2, Math.floor(at));
    for (let c = 0; c < 3; c++) {
      table[3 * k + c] = Math.round(stops[s][c] + (at - s) * (stops[s + 1][c] - stops[s][c]));
    }
  }
  return table;
}
