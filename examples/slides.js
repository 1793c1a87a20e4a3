// Turns the pages of slides.html.
const slides = [...document.querySelectorAll(".slide")];
let at = 0;
const turn = (by) => {
  at = (at + by + slides.length) % slides.length;
  for (const [place, slide] of slides.entries()) slide.hidden = place !== at;
};
document.getElementById("back").addEventListener("click", () => turn(-1));
document.getElementById("on").addEventListener("click", () => turn(1));
