// What is wider than its place scrolls sideways: only then the keyboard must be able to reach it. The
// theme measures everything at once when a page opens, folds and far-off sections too, which takes a phone
// seconds; here each box is measured when it comes to be drawn. Until then the page says that it scrolls.
{
  const boxes = "pre, .cell_output > .output, .pst-scrollable-table-container, .maths-scroll";
  const scrolls = (box) => box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
  const formula = { role: "group", "aria-label": "Formula, scrolls sideways" };

  const mark = (box, scrolling) => {
    if (scrolling !== (box.tabIndex === 0)) box.tabIndex = scrolling ? 0 : -1;
    if (!box.matches(".maths-scroll")) return;
    for (const [name, value] of Object.entries(formula)) {
      scrolling ? box.setAttribute(name, value) : box.removeAttribute(name);
    }
  };

  // A box changes with the window and with folds. All are measured before any is changed.
  const observer = new ResizeObserver((entries) => {
    const measured = entries.map(({ target }) => [target, scrolls(target)]);
    for (const [box, scrolling] of measured) mark(box, scrolling);
  });
  const all = [...document.querySelectorAll(boxes)];
  for (const box of all) observer.observe(box);
  // With its fonts a formula has another width, and its box may not: look again.
  document.fonts.addEventListener("loadingdone", () => {
    for (const box of all.filter((each) => each.matches(".maths-scroll"))) {
      observer.unobserve(box);
      observer.observe(box);
    }
  });
}
