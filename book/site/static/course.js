// What the theme leaves to be wished for in what a page does.

// What is wider than its place scrolls sideways: only then the keyboard must be able to reach it. The
// theme measures everything at once when a page opens, folds and far-off sections too, which takes a phone
// seconds; here each box is measured when it comes to be drawn. Until then the page says that it scrolls.
{
  const boxes = "pre, .output, .pst-scrollable-table-container, .maths-scroll";
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

// The switch of colours says which it has been set to; the theme leaves that to its symbol.
{
  const root = document.documentElement;
  const name = () => {
    for (const button of document.querySelectorAll(".theme-switch-button")) {
      button.ariaLabel = `Color mode: ${root.dataset.mode}`;
    }
  };
  new MutationObserver(name).observe(root, { attributeFilter: ["data-mode"] });
  name();
}

// On a phone the contents of a page lie over it: who has chosen a section wants to see it.
{
  const contents = document.querySelector("#pst-secondary-sidebar-modal");
  contents?.addEventListener("click", ({ target }) => {
    if (target.closest("a")) contents.close();
  });
}

// A chapter opens sooner as its sections are laid out when they come near (`course.css`), in places of a size
// that is guessed. Once the reader moves, all are laid out, one after another, so that the bar at the side
// tells the truth; not where the browser would let the text slip away meanwhile. Who comes back to a page
// stands where they were only if all are laid out from the start.
{
  const sections = [...document.querySelectorAll(".bd-article > section > section")];
  const layOut = (section) => { section.style.contentVisibility = "visible"; };
  const idle = window.requestIdleCallback ?? setTimeout;
  const next = () => {
    if (!sections.length) return;
    layOut(sections.shift());
    idle(next);
  };
  if (performance.getEntriesByType("navigation")[0]?.type !== "navigate") sections.forEach(layOut);
  else if (CSS.supports("overflow-anchor", "auto")) {
    const moves = ["scroll", "keydown", "pointerdown"];
    const begin = () => {
      for (const move of moves) removeEventListener(move, begin);
      idle(next);
    };
    for (const move of moves) addEventListener(move, begin, { passive: true });
  }
}

// Paper does not wait for the fonts of formulas that have not been near yet.
addEventListener("load", () => {
  if (location.protocol === "file:") return; // its style sheets are closed to scripts
  const used = (selector) => {
    const [name] = selector.match(/[\w-]+(?=[^.]*$)/);
    return document.getElementsByClassName(name).length > 0;
  };
  for (const sheet of document.styleSheets) {
    for (const { selectorText, style } of sheet.cssRules) {
      if (style?.fontFamily.includes("KaTeX") && selectorText?.split(",").some(used)) {
        document.fonts.load(`${style.fontStyle} ${style.fontWeight} 1em ${style.fontFamily}`);
      }
    }
  }
});
