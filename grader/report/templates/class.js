"use strict";
// Sorting and filtering only. Without this script the table is complete and in the order of the names.
const table = document.querySelector("table.sortable");
const body = table.tBodies[0];
const value = (row, i) => row.cells[i].dataset.v ?? row.cells[i].textContent.trim();
table.querySelectorAll("thead th").forEach((th, i) => {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...th.firstElementChild.childNodes);
  th.replaceChildren(button);
  button.addEventListener("click", () => {
    const up = th.getAttribute("aria-sort") !== "ascending";
    table.querySelectorAll("[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
    th.setAttribute("aria-sort", up ? "ascending" : "descending");
    const order = new Intl.Collator("en", { numeric: true });
    const number = (text) => (text === "" || isNaN(text) ? null : Number(text));
    const compare = (a, b) => (number(a) !== null && number(b) !== null ? number(a) - number(b) : order.compare(a, b));
    body.append(...[...body.rows].sort((a, b) => compare(value(a, i), value(b, i)) * (up ? 1 : -1)));
  });
});
const count = document.querySelector("#count");
document.querySelector("#filter-tools").hidden = false;
document.querySelector("#filter").addEventListener("input", (event) => {
  const want = event.target.value.trim().toLowerCase();
  let shown = 0;
  for (const row of body.rows) {
    row.hidden = !row.textContent.toLowerCase().includes(want);
    shown += row.hidden ? 0 : 1;
  }
  count.textContent = `${shown} of ${body.rows.length} shown`;
});
