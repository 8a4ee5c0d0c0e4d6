// What has been read and answered, kept in this browser and sent nowhere. Chapters note which of their sections
// were in view; the quizzes (coursepkg/quiz) note their answers; the first page shows both and forgets both.
{
  const PREFIX = "course.";
  const DWELL = 2000; // milliseconds that the end of a section is in view before it counts as read
  const page = location.pathname.split("/").slice(-2).join("/").replace(/\.html$/, "");

  // A browser may keep nothing, in a private window for instance: the page works without.
  const load = (name) => {
    try { return JSON.parse(localStorage.getItem(PREFIX + name)); } catch { return null; }
  };
  const save = (name, value) => {
    try { localStorage.setItem(PREFIX + name, JSON.stringify(value)); } catch { /* see above */ }
  };
  const forget = () => {
    try {
      Object.keys(localStorage).filter((name) => name.startsWith(PREFIX)).forEach((name) => localStorage.removeItem(name));
    } catch { /* nothing is kept */ }
    dispatchEvent(new CustomEvent("course-forgotten"));
  };

  // --- a chapter notes what was read ---------------------------------------------------------------

  const titleOf = (section) => {
    const title = section.querySelector(":scope > h2").cloneNode(true);
    title.querySelectorAll(".headerlink, .katex-mathml").forEach((extra) => extra.remove());
    return title.textContent.trim();
  };

  const watch = () => {
    const sections = [...document.querySelectorAll(".bd-article > section > section[id]")];
    const titles = () => Object.fromEntries(sections.map((section) => [section.id, titleOf(section)]));
    const waiting = new Map();
    const note = (section) => {
      const read = new Set(load(`read.${page}`)?.read).add(section.id);
      save(`read.${page}`, { titles: titles(), read: [...read] });
      save("last", page);
      observer.unobserve(section.lastElementChild);
    };
    const observer = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        clearTimeout(waiting.get(target));
        if (isIntersecting) waiting.set(target, setTimeout(note, DWELL, target.parentElement));
      }
    });
    for (const section of sections) if (section.lastElementChild) observer.observe(section.lastElementChild);
  };
  if (/^book\/\d\d_/.test(page)) watch();

  // --- the first page shows it ---------------------------------------------------------------------

  const element = (name, properties = {}, ...content) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...content);
    return made;
  };

  const stateOf = (link) => {
    const name = link.getAttribute("href").replace(/\.html$/, "").split("/").at(-1);
    const { titles = {}, read = [] } = load(`read.book/${name}`) ?? {};
    const quiz = load(`quiz.${name}`);
    const known = Object.keys(titles);
    const unread = known.find((id) => !read.includes(id));
    return {
      link, name, quiz, known, unread,
      title: link.textContent,
      count: known.filter((id) => read.includes(id)).length,
      next: unread && { href: `${link.getAttribute("href")}#${unread}`, text: titles[unread] },
    };
  };

  const lineOf = ({ title, link, known, count, quiz }) => {
    const parts = [known.length ? `${count} of ${known.length} sections read` : "not begun"];
    const right = Object.values(quiz?.answers ?? {}).filter((answer) => answer.right).length;
    if (quiz) parts.push(`${right} of ${quiz.of} questions right`);
    const bar = element("progress", { max: known.length || 1, value: count, ariaLabel: `${title}, sections read` });
    return element("li", {}, element("a", { href: link.getAttribute("href") }, title), bar, element("span", {}, parts.join(", ")));
  };

  // Where one was, or else the first chapter with something left.
  const nextOf = (states) => {
    const last = states.find(({ name }) => `book/${name}` === load("last"));
    const left = [last, ...states].find((state) => state && (state.unread || !state.known.length));
    if (!left) return "You have read it all.";
    const target = left.next ?? { href: left.link.getAttribute("href"), text: left.title };
    const where = left.next ? ` in ${left.title}` : "";
    return element("span", {}, "Next: ", element("a", { href: target.href }, target.text), where, ".");
  };

  const box = document.querySelector(".course-progress");
  const render = (said = "") => {
    const states = [...document.querySelectorAll(".course-map a")]
      .filter((link) => /^\d\d_\w+\.html$/.test(link.getAttribute("href")))
      .map(stateOf);
    const button = element("button", { type: "button", className: "course-forget" }, "Forget all of this");
    button.addEventListener("click", forget);
    box.replaceChildren(
      element("p", { role: "status" }, said || nextOf(states)),
      element("ul", {}, ...states.map(lineOf)),
      element("p", {}, button),
    );
  };
  if (box) {
    render();
    addEventListener("course-forgotten", () => {
      render("Forgotten. Nothing about you is kept here.");
      box.querySelector("button").focus();
    });
    addEventListener("storage", () => render());
    addEventListener("pageshow", ({ persisted }) => { if (persisted) render(); });
  }
}
