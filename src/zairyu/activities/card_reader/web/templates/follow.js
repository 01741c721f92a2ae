"use strict";

// Keeps the page at what the desk shows. The terminal answers once something has changed, with the whole page. Only
// what differs is taken over, so that nothing a person is typing is lost while their view lasts.
(async () => {
  const silent = document.getElementById("silent");
  const inTime = (milliseconds) => new Promise((over) => setTimeout(over, milliseconds));

  function takeOver(page) {
    document.body.dataset.version = page.body.dataset.version;
    for (const id of ["connection", "readers"]) {
      const [here, there] = [document.getElementById(id), page.getElementById(id)];
      if (here.innerHTML !== there.innerHTML) here.replaceChildren(...there.childNodes);
    }
    const [here, there] = [document.getElementById("view"), page.getElementById("view")];
    if (here.dataset.view !== there.dataset.view) {
      document.title = page.title;
      here.replaceWith(there);
      window.scrollTo(0, 0);
      // A screen reader reads on from here.
      there.querySelector("h1").focus();
    }
  }

  let unanswered = 0;
  while (!("last" in document.getElementById("view").dataset)) {
    try {
      // After a failure any answer is news.
      const seen = unanswered ? "" : document.body.dataset.version;
      const answer = await fetch(`/changed?after=${seen}`);
      // Another run of the terminal: its answer says how to open it.
      if (answer.status === 403) return location.reload();
      takeOver(new DOMParser().parseFromString(await answer.text(), "text/html"));
      unanswered = 0;
    } catch {
      unanswered += 1;
      await inTime(1000);
    }
    // Once may be this page itself going away.
    silent.hidden = unanswered < 2;
  }
})();
