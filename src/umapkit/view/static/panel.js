// The panel and the card of a point. Text from the data is only ever set as textContent.

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function option(select, value, text) {
  const made = element("option", "", text);
  made.value = value;
  select.append(made);
}

// The legend of a colouring. `hidden` is the set of its filtered groups; `changed` is called after
// each change of it.
function buildLegend(box, coloring, hidden, themed, changed) {
  box.replaceChildren();
  const { groups, scale, column } = coloring;
  if (!column) return;
  let gradient = "";
  if (scale) {
    const ramp = scaleTable(themed);
    const steps = [];
    for (let k = 0; k < 256; k += 15) steps.push(`rgb(${ramp[3 * k]} ${ramp[3 * k + 1]} ${ramp[3 * k + 2]})`);
    gradient = `linear-gradient(to right, ${steps.join(",")})`;
    const text = column.kind === "time" ? (value) => timeText(value).slice(0, 10) : shortText;
    const bar = element("div", "bar");
    bar.style.background = gradient;
    bar.setAttribute("role", "img");
    const ends = element("div", "ends");
    const rank = element("button", "rank", "Even colours");
    const label = () => {
      const { from, to, below, above, ranks, byRank } = scale;
      const three = [
        (below ? "≤ " : "") + text(from),
        text(byRank ? ranks[127] : (from + to) / 2),
        (above ? "≥ " : "") + text(to),
      ];
      ends.replaceChildren(...three.map((end) => element("span", "", end)));
      const how = byRank ? ", each colour for equally many points" : "";
      bar.setAttribute("aria-label", `Colour scale from ${three[0]} by ${three[1]} to ${three[2]}${how}`);
      rank.setAttribute("aria-pressed", String(byRank));
    };
    rank.type = "button";
    rank.title = "Colours by rank: each colour for equally many points";
    rank.addEventListener("click", () => {
      scale.byRank = !scale.byRank;
      label();
      changed();
    });
    label();
    box.append(bar, ends, rank);
  }
  if (scale && groups.length === 1) return;
  const buttons = [];
  const refresh = () => {
    buttons.forEach((button, g) => button.setAttribute("aria-pressed", String(!hidden.has(g))));
    changed();
  };
  const only = (g) => {
    const alone = !hidden.has(g) && hidden.size === groups.length - 1;
    hidden.clear();
    if (!alone) groups.forEach((_, k) => { if (k !== g) hidden.add(k); });
    refresh();
  };
  const all = element("div", "all");
  const every = element("button", "", "All");
  const none = element("button", "", "None");
  every.type = none.type = "button";
  every.addEventListener("click", () => { hidden.clear(); refresh(); });
  none.addEventListener("click", () => { groups.forEach((_, g) => hidden.add(g)); refresh(); });
  const hint = element("span", "hint", "double-click: only one");
  all.append(every, none, hint);
  const list = element("ul");
  groups.forEach((group, g) => {
    const button = element("button");
    button.type = "button";
    button.setAttribute("aria-pressed", String(!hidden.has(g)));
    button.title = "Click to hide or show, double-click or Shift-click to show only this";
    const dot = element("span", "dot");
    dot.style.background = group.slot === "missing" ? themed.missing
      : group.slot === "scale" ? gradient : themed.palette[group.slot];
    button.append(dot, element("span", "name", group.name), element("span", "size", whole.format(group.count)));
    button.addEventListener("click", (event) => {
      if (event.shiftKey) { only(g); return; }
      if (hidden.has(g)) hidden.delete(g); else hidden.add(g);
      refresh();
    });
    // The two clicks of a double click have undone each other by now.
    button.addEventListener("dblclick", (event) => { if (!event.shiftKey) only(g); });
    buttons.push(button);
    const item = element("li");
    item.append(button);
    list.append(item);
  });
  box.append(all, list);
}

// One chip a filtered column but the one whose legend is seen: a chip that came with the first click
// would move the legend from under the second. A click on a chip lifts the filter.
function buildChips(box, filters, columns, current, lift) {
  box.replaceChildren();
  for (const [c, { hidden }] of filters) {
    if (hidden.size === 0 || c === current) continue;
    const chip = element("button", "", `${columns[c].name}: ${hidden.size} hidden ✕`);
    chip.type = "button";
    chip.title = `Show all groups of ${columns[c].name} again`;
    chip.addEventListener("click", () => lift(c));
    box.append(chip);
  }
}

function fillCard(card, row, columns) {
  const list = element("dl");
  for (const column of columns) {
    list.append(element("dt", "", column.name), element("dd", "", column.text(row)));
  }
  if (columns.length === 0) list.append(element("dt", "", "row"), element("dd", "", String(row)));
  card.replaceChildren(list);
}

function cardText(row, columns) {
  if (columns.length === 0) return `Row ${row}`;
  return columns.map((column) => `${column.name}: ${column.text(row)}`).join("; ");
}
