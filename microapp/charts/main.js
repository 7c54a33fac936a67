// Draws the figures with data-chart, each from the table inside it: "days" as columns, "people" as
// bars that lead where the rows' links lead. Built with Chart.js into static/vendor/charts.js.
//
// The canvas is a picture for eyes; whoever needs the numbers has the table.
import { BarController, BarElement, CategoryScale, Chart, LinearScale, Tooltip } from "chart.js";

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip);

const BAR_REM = 2.75; // of the height of a chart of people for each of them: 44 px, to be tapped
const AXIS_REM = 3.25; // and for the numbers below them
const NAME_LETTERS = 9;

let charts = [];

function drawAll() {
  charts.forEach((chart) => chart.destroy());
  const look = currentLook();
  charts = Array.from(document.querySelectorAll("[data-chart]"), (figure) => draw(figure, look));
}

/** Colours and sizes of the page as it is now: of dark mode, of large text. */
function currentLook() {
  const root = window.getComputedStyle(document.documentElement);
  const colour = (name) => root.getPropertyValue(`--${name}`).trim();
  return {
    rem: parseFloat(root.fontSize),
    family: window.getComputedStyle(document.body).fontFamily,
    bar: colour("accent"),
    card: colour("card"),
    line: colour("line"),
    muted: colour("muted"),
    text: colour("text"),
  };
}

function draw(figure, look) {
  const box = figure.querySelector(".chart-box");
  const rows = Array.from(figure.querySelectorAll("tbody tr"));
  const isLying = figure.dataset.chart === "people";
  if (isLying) box.style.height = `${(rows.length * BAR_REM + AXIS_REM) * look.rem}px`;
  box.textContent = "";
  const canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-labelledby", figure.querySelector("figcaption").id);
  canvas.width = box.clientWidth;
  canvas.height = box.clientHeight;
  box.append(canvas);
  return new Chart(canvas, {
    type: "bar",
    data: {
      labels: rows.map((row) => row.cells[0].textContent.trim()),
      datasets: [{
        data: rows.map((row) => Number(row.cells[1].textContent)),
        backgroundColor: look.bar,
        maxBarThickness: 2.5 * look.rem,
        borderRadius: 3,
      }],
    },
    options: options(isLying, rows, look),
  });
}

function options(isLying, rows, look) {
  const font = { family: look.family, size: 0.75 * look.rem };
  const numbers = {
    beginAtZero: true,
    ticks: { precision: 0, maxTicksLimit: 6, color: look.muted, font },
    grid: { color: look.line },
    border: { display: false },
  };
  const labels = {
    ticks: {
      autoSkip: !isLying, maxRotation: 0, autoSkipPadding: look.rem / 2, color: look.muted, font, callback: label,
    },
    grid: { display: false },
    border: { color: look.line },
  };
  const link = (found) => (found.length ? rows[found[0].index].querySelector("a") : null);
  return {
    responsive: false, // its own way of following needs ResizeObserver, which iOS 12 lacks
    animation: false,
    indexAxis: isLying ? "y" : "x",
    scales: { x: isLying ? numbers : labels, y: isLying ? labels : numbers },
    interaction: { mode: "index", intersect: false, axis: isLying ? "y" : "x" },
    plugins: {
      tooltip: {
        displayColors: false,
        backgroundColor: look.text,
        titleColor: look.card,
        bodyColor: look.card,
        titleFont: font,
        bodyFont: font,
      },
    },
    onHover: ({ native }, found) => { native.target.style.cursor = link(found) ? "pointer" : "default"; },
    onClick: (_, found) => { if (link(found)) link(found).click(); },
  };
}

/** A name leaves room for its bar; what tells namesakes apart stands below it. */
function label(value) {
  return this.getLabelForValue(value).split(" (").map((text) => (
    text.length > NAME_LETTERS ? `${text.slice(0, NAME_LETTERS - 1)}…` : text
  ).replace(")", ""));
}

let isPlanned = false;

function redraw() {
  if (isPlanned) return;
  isPlanned = true;
  window.requestAnimationFrame(() => {
    isPlanned = false;
    drawAll();
  });
}

document.addEventListener("app:parts", drawAll);
window.addEventListener("resize", redraw);
window.matchMedia("(prefers-color-scheme: dark)").addListener(redraw);
drawAll();
