// Data: bytes to typed arrays, columns that answer with text, an index that finds points.

const TYPES = {
  u1: Uint8Array, i1: Int8Array, u2: Uint16Array, i2: Int16Array,
  u4: Uint32Array, i4: Int32Array, f4: Float32Array, f8: Float64Array,
};

function unpack(text, type) {
  let bytes;
  if (Uint8Array.fromBase64) {
    bytes = Uint8Array.fromBase64(text);
  } else {
    const raw = atob(text);
    bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  }
  const Type = TYPES[type];
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] === 0) {
    // The bytes are little-endian; this machine is not.
    const size = Type.BYTES_PER_ELEMENT;
    for (let i = 0; i < bytes.length; i += size) bytes.subarray(i, i + size).reverse();
  }
  return new Type(bytes.buffer, 0, bytes.length / Type.BYTES_PER_ELEMENT);
}

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

function numberText(value) {
  if (Number.isNaN(value)) return "missing";
  if (!Number.isFinite(value)) return value > 0 ? "infinite" : "-infinite";
  if (Number.isInteger(value)) return String(value);
  return String(Number(value.toPrecision(6)));
}

const short = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3, useGrouping: false });

// Three digits for the ends of a scale; far from 1 by a power of ten.
function shortText(value) {
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e6) return String(value);
  return size >= 1e6 || size < 1e-3 ? value.toExponential(2) : short.format(value);
}

function timeText(value) {
  if (Number.isNaN(value)) return "missing";
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return numberText(value);
  return date.toISOString().replace("T", " ").replace(/( 00:00)?:00\.000Z$|\.000Z$|Z$/, "");
}

class Column {
  constructor(raw) {
    this.name = raw.name;
    this.kind = raw.kind;
    this.values = unpack(raw.data, raw.type);
    this.levels = raw.levels || null;
    this.lowered = null;
  }

  text(i) {
    if (this.kind === "category") {
      const code = this.values[i];
      return code === 0 ? "missing" : this.levels[code - 1];
    }
    return this.kind === "time" ? timeText(this.values[i]) : numberText(this.values[i]);
  }

  // Rows whose text holds `needle`, as flags. Text is compared once a level, not once a row.
  mark(needle, flags) {
    const wanted = needle.trim().toLowerCase();
    if (this.kind === "category") {
      if (!this.lowered) this.lowered = this.levels.map((level) => level.toLowerCase());
      const hit = new Uint8Array(this.levels.length + 1);
      for (let k = 0; k < this.lowered.length; k++) hit[k + 1] = this.lowered[k].includes(wanted) ? 1 : 0;
      for (let i = 0; i < flags.length; i++) flags[i] |= hit[this.values[i]];
      return;
    }
    if (this.kind === "time") {
      for (let i = 0; i < flags.length; i++) if (this.text(i).startsWith(wanted)) flags[i] = 1;
      return;
    }
    // A number is found by its value, to the digits that the card shows.
    const number = Number(wanted);
    if (wanted === "" || Number.isNaN(number)) return;
    const text = numberText(number), near = 1e-5 * Math.abs(number);
    for (let i = 0; i < flags.length; i++) {
      if (Math.abs(this.values[i] - number) <= near && numberText(this.values[i]) === text) flags[i] = 1;
    }
  }
}

// A grid of about two points a cell, points sorted by cell: nearest() looks at few cells.
class Finder {
  constructor(xy) {
    const n = xy.length / 2;
    this.xy = xy;
    let left = Infinity, right = -Infinity, low = Infinity, high = -Infinity;
    for (let i = 0; i < n; i++) {
      const x = xy[2 * i], y = xy[2 * i + 1];
      if (x !== x || y !== y) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < low) low = y;
      if (y > high) high = y;
    }
    this.box = { left, right, low, high };
    const span = Math.max(right - left, high - low) || 1;
    const side = Math.max(1, Math.min(2048, Math.ceil(Math.sqrt(n / 2))));
    this.side = side;
    this.cell = (span * 1.000001) / side;
    const starts = new Uint32Array(side * side + 1);
    const where = new Uint32Array(n);
    for (let i = 0; i < n; i++) {
      const x = xy[2 * i], y = xy[2 * i + 1];
      if (x !== x || y !== y) { where[i] = 0xffffffff; continue; }
      where[i] = this.row(y) * side + this.column(x);
      starts[where[i] + 1]++;
    }
    for (let c = 0; c < side * side; c++) starts[c + 1] += starts[c];
    const next = starts.slice();
    this.items = new Uint32Array(n);
    for (let i = 0; i < n; i++) if (where[i] !== 0xffffffff) this.items[next[where[i]]++] = i;
    this.starts = starts;
  }

  column(x) {
    return Math.max(0, Math.min(this.side - 1, Math.floor((x - this.box.left) / this.cell)));
  }

  row(y) {
    return Math.max(0, Math.min(this.side - 1, Math.floor((y - this.box.low) / this.cell)));
  }

  // The nearest point within `radius` of (x, y) that `allowed` (flags) lets through, or -1.
  nearest(x, y, radius, allowed) {
    let best = -1, least = radius * radius;
    const c1 = this.column(x + radius), r1 = this.row(y + radius);
    for (let r = this.row(y - radius); r <= r1; r++) {
      for (let c = this.column(x - radius); c <= c1; c++) {
        const cell = r * this.side + c;
        for (let k = this.starts[cell]; k < this.starts[cell + 1]; k++) {
          const i = this.items[k];
          if (!allowed[i]) continue;
          const dx = this.xy[2 * i] - x, dy = this.xy[2 * i + 1] - y;
          const d = dx * dx + dy * dy;
          if (d <= least) { least = d; best = i; }
        }
      }
    }
    return best;
  }
}
