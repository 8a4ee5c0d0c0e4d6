// Answers a quiz on its page. What is said to each answer stands in the page, folded for readers without
// script; answers are kept in this browser under the name of the quiz.
(() => {
  const begin = (quiz) => {
    const name = `course.quiz.${quiz.dataset.quiz}`;
    const questions = [...quiz.querySelectorAll(".quiz-question")];
    const score = quiz.querySelector(".quiz-score");

    // A browser may keep nothing, in a private window for instance: then answers last as long as the page.
    const load = () => {
      try { return JSON.parse(localStorage.getItem(name))?.answers ?? {}; } catch { return {}; }
    };
    let answers = load();
    const save = () => {
      try { localStorage.setItem(name, JSON.stringify({ of: questions.length, answers })); } catch { /* see above */ }
      dispatchEvent(new CustomEvent("course-progress"));
    };

    const count = () => {
      const kept = questions.map((one) => answers[one.dataset.question])
        .filter((answer, place) => answer?.edition === questions[place].dataset.edition);
      const right = kept.filter((answer) => answer.right).length;
      score.textContent = kept.length ? `${right} of ${questions.length} right, ${kept.length} answered.` : "";
    };

    const start = (question) => {
      const { question: id, kind, edition } = question.dataset;
      const inputs = [...question.querySelectorAll("input")];
      const said = [...question.querySelectorAll(".quiz-answers > li")];
      const feedback = question.querySelector(".quiz-feedback");
      const button = question.querySelector("button");

      const line = (...content) => {
        const paragraph = document.createElement("p");
        paragraph.append(...content);
        return paragraph;
      };
      const text = (item) => {
        const copy = item.cloneNode(true);
        // A link leads to a figure of this page, which a notebook may show elsewhere.
        const link = copy.querySelector("a");
        if (link?.hash && !document.getElementById(decodeURIComponent(link.hash.slice(1))) && !link.dataset.elsewhere) {
          link.replaceWith(`“${link.textContent}”`);
        }
        if (kind !== "several") copy.querySelector(".quiz-name")?.remove();
        return [...copy.childNodes];
      };
      const show = (lines, right) => {
        feedback.replaceChildren(...lines);
        feedback.dataset.right = right;
      };

      const judgeChoices = (given) => {
        const right = said.every((item, place) => (item.dataset.right === "true") === given.includes(place));
        const lines = given.map((place) => line(...text(said[place])));
        const missing = said.filter((item, place) => item.dataset.right === "true" && !given.includes(place)).length;
        if (kind === "several" && missing) lines.push(line(`${missing} more ${missing > 1 ? "are" : "is"} right.`));
        show(lines, right);
        return right;
      };
      const judgeNumber = (given) => {
        const value = read(given);
        if (Number.isNaN(value)) return show([line("Please write a number, such as 0.25 or 1/4.")], "");
        const near = ({ dataset }) => Math.abs(value - dataset.value) <= dataset.within * (1 + 1e-9);
        const item = said.find((one) => one.dataset.value && near(one)) ?? said.at(-1);
        const right = item === said[0];
        const words = text(item);
        if (!item.dataset.value) words.unshift("Not quite. ");
        show([line(...words)], right);
        return right;
      };
      const judge = kind === "number" ? judgeNumber : judgeChoices;

      const answer = () => {
        const given = kind === "number" ? inputs[0].value
          : inputs.flatMap((input, place) => (input.checked ? [place] : []));
        if (!given.length) return show([line("Choose an answer first.")], "");
        const right = judge(given);
        if (right === undefined) return;
        answers[id] = { given, right, edition };
        save();
        count();
      };
      const recall = () => {
        const known = answers[id]?.edition === edition ? answers[id] : undefined;
        for (const [place, input] of inputs.entries()) {
          if (kind === "number") input.value = known?.given ?? "";
          else input.checked = known?.given.includes(place) ?? false;
        }
        if (known) judge(known.given);
        else show([], "");
      };

      question.querySelector("details").hidden = true;
      button.hidden = false;
      button.addEventListener("click", answer);
      for (const input of inputs) {
        input.addEventListener("keydown", (event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          answer();
        });
      }
      recall();
      return recall;
    };

    // A number as people write it: 0,25 and 1/4 and 25 % and −3 and 1e-3.
    const read = (given) => {
      const plain = given.trim().replace("−", "-").replace(",", ".");
      const found = plain.match(/^([-+]?[\d.]+(?:e[-+]?\d+)?)(?:\s*\/\s*([\d.]+))?\s*(%?)$/i);
      return found ? Number(found[1]) / Number(found[2] ?? 1) / (found[3] ? 100 : 1) : NaN;
    };

    const recalls = questions.map(start);
    count();
    // Elsewhere on the page, or in another window, all may have been forgotten.
    const reload = () => {
      answers = load();
      for (const recall of recalls) recall();
      count();
    };
    addEventListener("storage", ({ key }) => { if (quiz.isConnected && (key === name || key === null)) reload(); });
    addEventListener("course-forgotten", () => { if (quiz.isConnected) reload(); });
  };
  begin(document.currentScript.parentElement);
})();
