"""The look of a report: system fonts, one measure, light and dark, and a page that prints."""

# In the dark, figures keep the white that they are drawn on, as cards.
STYLESHEET = """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #10182b; --soft: #5b6472;
  --rule: #dfe3e8; --accent: #12617f; --shade: #10182b33; }
@media screen and (prefers-color-scheme: dark) {
  :root { --paper: #12161f; --ink: #e8ebf0; --soft: #a3acba; --rule: #333b49; --accent: #6cc4e4;
    --shade: #ffffff40; }
  figure.picture > div { padding: 10px; border-radius: 8px; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.62 system-ui,
  -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif;
  font-variant-numeric: lining-nums; }
.page { max-width: 1180px; margin: 0 auto; padding: 56px 32px 96px; display: grid;
  grid-template-columns: 190px minmax(0, 1fr); column-gap: 56px; }
main { min-width: 0; grid-column: 2; }
nav { position: sticky; top: 40px; align-self: start; font-size: 14px; line-height: 1.4; }
nav p { margin: 0 0 10px; color: var(--soft); font-size: 12px; letter-spacing: .08em;
  text-transform: uppercase; }
nav ol { list-style: none; margin: 0; padding: 0; border-left: 1px solid var(--rule); }
nav a { display: block; padding: 5px 0 5px 14px; margin-left: -1px; color: var(--soft);
  text-decoration: none; border-left: 2px solid transparent; }
nav a:hover, nav a:focus-visible { color: var(--ink); border-left-color: var(--accent); }
header { margin-bottom: 44px; }
.kicker { margin: 0 0 8px; color: var(--accent); font-size: 13px; font-weight: 600;
  letter-spacing: .08em; text-transform: uppercase; }
h1 { margin: 0 0 16px; font-size: clamp(30px, 4.2vw, 44px); line-height: 1.14; font-weight: 700;
  letter-spacing: -.018em; text-wrap: balance; }
.lede { margin: 0 0 .7em; max-width: 44em; font-size: 20px; line-height: 1.55; }
h2 { margin: 64px 0 14px; padding-top: 20px; border-top: 1px solid var(--rule); font-size: 25px;
  line-height: 1.25; letter-spacing: -.01em; scroll-margin-top: 12px; }
section p, section ul { max-width: 42em; margin: 0 0 1em; }
ul { padding-left: 1.2em; }
li { margin-bottom: .3em; }
li::marker { color: var(--accent); }
figure { margin: 30px 0 36px; }
figure.picture > div { background: #fff; }
figure svg, figure img { display: block; max-width: 100%; height: auto; margin: 0 auto; }
figure.interactive { border: 1px solid var(--rule); border-radius: 8px; padding: 14px 6px 6px; }
iframe { display: block; }
figcaption { max-width: 50em; color: var(--soft); font-size: 14.5px; line-height: 1.5;
  text-align: left; margin-top: 14px; }
/* A shade at an edge says that the table goes on there. */
.table { overflow-x: auto;
  background: linear-gradient(90deg, var(--paper) 30%, transparent) 0 0 / 40px 100%,
  linear-gradient(270deg, var(--paper) 30%, transparent) 100% 0 / 40px 100%,
  linear-gradient(90deg, var(--shade), transparent) 0 0 / 12px 100%,
  linear-gradient(270deg, var(--shade), transparent) 100% 0 / 12px 100%;
  background-repeat: no-repeat; background-attachment: local, local, scroll, scroll; }
figure.tabular { margin: 28px 0 34px; }
:is(.tabular, .interactive) figcaption { margin: 0 0 10px; }
.interactive figcaption { padding: 0 18px; }
table { border-collapse: collapse; min-width: 60%; font-size: 15px; line-height: 1.4; }
th, td { padding: 8px 12px 8px 0; text-align: left; vertical-align: baseline; }
th { vertical-align: bottom; font-weight: 600; border-top: 2px solid var(--ink);
  border-bottom: 1px solid var(--ink); }
td:first-child { white-space: nowrap; }
th small { display: block; color: var(--soft); font-weight: 400; }
tbody tr { border-bottom: 1px solid var(--rule); }
tbody tr:last-child { border-bottom: 2px solid var(--ink); }
th.number, td.number { text-align: right; padding-left: 14px; font-variant-numeric: tabular-nums; }
td.number { white-space: nowrap; }
.interval { color: var(--soft); font-size: .88em; display: block; }
.facts { display: grid; grid-template-columns: minmax(110px, max-content) minmax(0, 1fr);
  gap: 5px 24px; margin: 0; font-size: 14px; line-height: 1.5; }
.facts dt { color: var(--soft); }
.facts dd { margin: 0; overflow-wrap: anywhere; font-family: ui-monospace, SFMono-Regular, Menlo,
  Consolas, "Liberation Mono", monospace; font-size: 13px; }
@media (max-width: 900px) {
  .page { display: block; padding: 32px 20px 64px; }
  nav { position: static; margin-bottom: 30px; }
  nav ol { display: flex; flex-wrap: wrap; column-gap: 18px; border: none; }
  nav a { padding-left: 0; border: none; }
  header { margin-bottom: 32px; }
  h2 { margin-top: 48px; }
  /* Letters stay readable: what is wider than the screen is scrolled. */
  figure.picture > div { overflow-x: auto; scrollbar-width: thin; }
  figure.picture svg, figure.picture img { max-width: none; }
  .interactive { margin-left: -20px; margin-right: -20px; }
  figure.interactive { border-width: 1px 0; border-radius: 0; padding: 14px 0 0; }
  /* What goes on at the right fades there, until it is scrolled to its end. */
  @supports (animation-timeline: scroll()) {
    figure.picture > div { animation: fade linear; animation-timeline: scroll(self inline); }
  }
}
@keyframes fade {
  from, 96% { mask-image: linear-gradient(270deg, #0003, #000 44px); }
  to { mask-image: none; }
}
@media print {
  body { font-size: 10.5pt; }
  .page { display: block; max-width: none; padding: 0; }
  nav { display: none; }
  h2 { margin-top: 28pt; break-after: avoid; }
  figure, .table { break-inside: avoid; }
  figure.interactive { border: none; }
}
"""
