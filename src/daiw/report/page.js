"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  document.documentElement.classList.add("js");

  const master = document.querySelector(".master audio");
  const rows = all("[data-stem]");
  const stems = rows.map((row) => row.querySelector("audio"));
  const lanes = document.querySelector(".lanes");
  const playhead = document.getElementById("playhead");
  const together = document.getElementById("together");
  const seconds = lanes ? Number(lanes.dataset.seconds) : 0;
  const DRIFT_S = 0.04;
  let stemsPlay = false;

  const leader = () => (stemsPlay || !master ? stems[0] : master);

  /* One playhead for everything on the axis of time. */
  const draw = () => {
    const player = leader();
    if (player && playhead) playhead.classList.add("moved");
    if (player && playhead) playhead.style.left = `${(100 * player.currentTime) / seconds}%`;
    if (player && !player.paused) requestAnimationFrame(draw);
  };

  const setStems = (playing) => {
    if (playing === stemsPlay) return;
    stemsPlay = playing;
    together.setAttribute("aria-pressed", String(playing));
    together.textContent = playing ? "Stop the stems" : "Play the stems together";
    if (playing) {
      const at = master ? master.currentTime : 0;
      if (master) master.pause();
      stems.forEach((stem) => { stem.currentTime = at; });
      Promise.all(stems.map((stem) => stem.play())).then(draw).catch(() => setStems(false));
    } else {
      const at = stems[0].currentTime;
      stems.forEach((stem) => stem.pause());
      if (master && at) master.currentTime = at;
    }
  };

  if (together) together.addEventListener("click", () => setStems(!stemsPlay));
  if (stems[0]) {
    stems[0].addEventListener("timeupdate", () => {
      if (!stemsPlay) return;
      stems.slice(1).forEach((stem) => {
        if (Math.abs(stem.currentTime - stems[0].currentTime) > DRIFT_S) stem.currentTime = stems[0].currentTime;
      });
    });
    stems[0].addEventListener("ended", () => setStems(false));
  }
  if (master) {
    master.addEventListener("play", () => { setStems(false); draw(); });
    master.addEventListener("seeked", draw);
  }

  /* Mute and solo, heard in the stems and seen in the notes. */
  const balance = () => {
    const pressed = (row, kind) => row.querySelector(`.${kind}`).getAttribute("aria-pressed") === "true";
    const soloed = rows.some((row) => pressed(row, "solo"));
    rows.forEach((row, index) => {
      const silent = pressed(row, "mute") || (soloed && !pressed(row, "solo"));
      stems[index].muted = silent;
      row.classList.toggle("silent", silent);
      all(".notes").filter((notes) => notes.dataset.role === row.dataset.stem)
        .forEach((notes) => notes.classList.toggle("silent", silent));
    });
  };
  all(".switches button").forEach((button) => button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    balance();
  }));

  /* A click on any lane goes there. */
  all(".field").forEach((field) => field.addEventListener("click", (event) => {
    const player = leader();
    if (!player) return;
    const box = field.getBoundingClientRect();
    const at = (seconds * (event.clientX - box.left)) / box.width;
    (stemsPlay ? stems : [player]).forEach((one) => { one.currentTime = Math.max(0, Math.min(at, one.duration || at)); });
    draw();
  }));

  all("[data-zoom]").forEach((button) => button.addEventListener("click", () => {
    all("[data-zoom]").forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
    lanes.style.setProperty("--zoom", button.dataset.zoom);
  }));
  window.addEventListener("beforeprint", () => all("details").forEach((details) => { details.open = true; }));
})();
