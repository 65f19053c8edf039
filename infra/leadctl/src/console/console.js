"use strict";
// Copies commands, and fetches a live page again, whole, to take its live part. Without this script a reload does that.

document.addEventListener("click", async (event) => {
  const button = event.target.closest(".copy");
  if (!button) return;
  const command = button.previousElementSibling.textContent;
  try {
    await navigator.clipboard.writeText(command);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(button.previousElementSibling);
    button.textContent = "Selected";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
});

const offerCopies = () => document.querySelectorAll(".copy").forEach((button) => { button.hidden = false; });
offerCopies();

const live = document.getElementById("live");
if (live.dataset.every) {
  const state = document.getElementById("live-state");
  const button = document.getElementById("live-pause");
  let paused = false;
  const say = (text) => { if (state.textContent !== text) state.textContent = text; };

  // Whoever points at a row, is in it with the keyboard, marks a text or has something unfolded is reading: nothing may move.
  const reading = () => live.querySelector("li:hover, tbody:hover, details[open]") || live.contains(document.activeElement)
    || (!getSelection().isCollapsed && live.contains(getSelection().anchorNode));

  const refresh = async () => {
    if (document.hidden) return;
    if (paused) return say("Paused.");
    if (reading()) return say("Paused while you read.");
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = page.getElementById("live");
      if (!answer.ok || !next) throw new Error(answer.status);
      if (paused || reading()) return;
      if (next.innerHTML !== live.innerHTML) {
        live.replaceChildren(...next.childNodes);
        offerCopies();
      }
      if (!next.dataset.every) return rest();
      say("Live.");
    } catch {
      say("leadctl does not answer; trying again. What stands here is older.");
    }
  };

  // What the page shows will not change by itself any more: a lead has arrived.
  let resting = false;
  const rest = () => {
    resting = button.hidden = true;
    say("At rest.");
  };

  button.hidden = false;
  button.addEventListener("click", () => {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    refresh();
  });
  say("Live.");
  const again = async () => {
    await refresh();
    if (!resting) setTimeout(again, Number(live.dataset.every));
  };
  setTimeout(again, Number(live.dataset.every));
}
