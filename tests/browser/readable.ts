/** Whether a page can be read by everybody: looked at from within, as the browser shows it. */

/** What is wrong with it, in words; run in the page. */
export const COMPLAINTS_OF_READERS = `(() => {
  const complaints = [];
  const isSeen = (element) => {
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    return box.width > 1 && box.height > 1 && style.visibility !== "hidden";
  };
  const brief = (element) => element.outerHTML.slice(0, 80);
  const levels = [...document.querySelectorAll("h1, h2, h3")].filter(isSeen)
    .map(({ tagName }) => Number(tagName[1]));
  if (levels[0] !== 1 || levels.filter((level) => level === 1).length !== 1) {
    complaints.push("not one h1, at the beginning: " + levels);
  }
  if (levels.some((level, index) => level > (levels[index - 1] ?? 0) + 1)) {
    complaints.push("a level of headings is left out: " + levels);
  }
  if (document.documentElement.lang === "") complaints.push("no language");
  if (document.title === "") complaints.push("no title");
  if (document.querySelectorAll("main").length !== 1) complaints.push("not one main");
  for (const input of document.querySelectorAll("input:not([type=hidden])")) {
    if (input.labels.length === 0) complaints.push("no label: " + brief(input));
  }
  for (const control of document.querySelectorAll("a, button, summary")) {
    const name = control.textContent.trim() || control.getAttribute("aria-label");
    if (!name) complaints.push("no name: " + brief(control));
  }
  for (const table of document.querySelectorAll("main table")) {
    if (table.caption === null) complaints.push("no caption: " + brief(table));
    for (const header of table.querySelectorAll("th")) {
      if (!header.scope) complaints.push("no scope: " + brief(header));
    }
  }
  for (const picture of document.querySelectorAll("svg")) {
    const isNamed = picture.getAttribute("aria-label") || picture.ariaHidden === "true";
    if (!isNamed) complaints.push("neither named nor hidden: " + brief(picture));
  }
  const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
  for (const id of new Set(ids.filter((id, index) => ids.indexOf(id) !== index))) {
    complaints.push("twice the id " + id);
  }
  for (const [name, label] of [["aria-labelledby", "id"]]) {
    for (const element of document.querySelectorAll("[" + name + "]")) {
      if (document.getElementById(element.getAttribute(name)) === null) {
        complaints.push(name + " leads nowhere: " + brief(element));
      }
    }
  }
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const pixel = (...colors) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const color of colors) {
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  // WCAG 2.2, relative luminance.
  const luminance = (color) => {
    const [r, g, b] = color.map((each) => each / 255)
      .map((each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const backOf = (element) => {
    const colors = [];
    for (let each = element; each !== null; each = each.parentElement) {
      colors.unshift(getComputedStyle(each).backgroundColor);
    }
    return ["white", ...colors];
  };
  const seen = new Set();
  for (const element of document.body.querySelectorAll("*")) {
    const hasText = [...element.childNodes].some((node) =>
      node.nodeType === 3 && node.nodeValue.trim() !== ""
    );
    if (!hasText || !isSeen(element) || element.closest("svg")) continue;
    const back = backOf(element);
    const front = getComputedStyle(element).color;
    const key = front + back.join();
    if (seen.has(key)) continue;
    seen.add(key);
    const [a, b] = [luminance(pixel(...back, front)), luminance(pixel(...back))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) complaints.push("contrast " + ratio.toFixed(2) + ": " + brief(element));
  }
  if (seen.size < 3) complaints.push("hardly any text was looked at");
  const overflow = document.documentElement.scrollWidth - innerWidth;
  if (overflow > 0) complaints.push("wider than the screen by " + overflow);
  for (const control of document.querySelectorAll("header button, header input")) {
    const { left, right } = control.getBoundingClientRect();
    if (isSeen(control) && (left < 0 || right > innerWidth)) {
      complaints.push("cut off: " + brief(control));
    }
  }
  return complaints;
})()`;
