/**
 * Draws the pictures of the page about usage from the tables that stand on it. Without it the tables are there all the same.
 */
import uPlot from 'uplot';
import { moneyText, tokensText } from '../view/numbers.ts';

type Draw = (figure: HTMLElement, plot: HTMLElement) => uPlot | null;

const HEIGHT = 240;
const DRAW: Readonly<Record<string, Draw>> = { bars, month };

const probe = document.createElement('span');
probe.hidden = true;
document.body.append(probe);

/** A colour of the page as it is now, light or dark, in a form that a canvas takes. */
function color(name: string): string {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

function rowsOf(figure: HTMLElement): HTMLTableRowElement[] {
  const table = document.getElementById(figure.dataset.table ?? '');
  return table instanceof HTMLTableElement ? [...(table.tBodies[0]?.rows ?? [])] : [];
}

function numberOf(element: HTMLElement, name: string): number | null {
  const text = element.dataset[name];
  return text === undefined ? null : Number(text);
}

/** What all pictures have in common. */
function base(
  plot: HTMLElement,
  valueText: (value: number) => string,
): Pick<uPlot.Options, 'width' | 'height'> & {
  axis: uPlot.Axis;
  valueAxis: uPlot.Axis;
} {
  const axis: uPlot.Axis = {
    stroke: color('--muted'),
    grid: { show: false },
    ticks: { stroke: color('--line'), width: 1 },
    font: '12px system-ui, sans-serif',
    size: 34,
  };
  const valueAxis: uPlot.Axis = {
    ...axis,
    grid: { stroke: color('--line'), width: 1 },
    size: 64,
    values: (_, splits) => splits.map((value) => valueText(value)),
  };
  return { width: Math.max(plot.clientWidth, 200), height: HEIGHT, axis, valueAxis };
}

/** A bar for each line of the table. */
function bars(figure: HTMLElement, plot: HTMLElement): uPlot | null {
  const rows = rowsOf(figure);
  if (rows.length === 0) return null;
  const unit = figure.dataset.unit === 'tokens' ? 'tokens' : 'usd';
  const valueText = unit === 'usd' ? moneyText : tokensText;
  const labels = rows.map((row) => row.cells[0]?.textContent?.trim() ?? '');
  const labelOf = (index: number) => labels[index] ?? '';
  const { axis, valueAxis, ...size } = base(plot, valueText);
  return new uPlot(
    {
      ...size,
      scales: {
        x: { time: false, range: [-0.6, rows.length - 0.4] },
        y: { range: (_, __, most) => [0, most > 0 ? most * 1.08 : 1] },
      },
      axes: [
        { ...axis, incrs: [1, 2, 4, 7, 14, 30], space: 76, values: (_, splits) => splits.map(labelOf) },
        valueAxis,
      ],
      series: [
        { label: 'Time', value: (_, index) => (index === null ? '' : labelOf(index)) },
        {
          label: unit === 'usd' ? 'Dollars' : 'Tokens',
          fill: color('--link'),
          width: 0,
          points: { show: false },
          value: (_, value) => (value === null ? '' : valueText(value)),
          ...(uPlot.paths.bars ? { paths: uPlot.paths.bars({ size: [0.7, 44] }) } : {}),
        },
      ],
      cursor: { drag: { x: false, y: false }, y: false },
    },
    [rows.map((_, index) => index), rows.map((row) => numberOf(row, unit) ?? 0)],
    plot,
  );
}

/** What was spent since the month began, on to its end at the pace so far, under the cap. */
function month(figure: HTMLElement, plot: HTMLElement): uPlot | null {
  const length = numberOf(figure, 'length');
  const elapsed = numberOf(figure, 'elapsed');
  const spent = numberOf(figure, 'spent');
  if (length === null || elapsed === null || spent === null) return null;
  const [cap, projected] = [numberOf(figure, 'cap'), numberOf(figure, 'projected')];
  const known = new Map(rowsOf(figure).map((row) => [numberOf(row, 'day') ?? 0, numberOf(row, 'usd') ?? 0]));
  const points: [at: number, usd: number | null, projected: number | null][] = [[0, 0, null]];
  let usd = 0;
  for (let day = 1; day < elapsed; day++) {
    usd = known.get(day) ?? usd;
    points.push([day, usd, null]);
  }
  points.push([elapsed, spent, projected === null ? null : spent]);
  points.push([length, null, projected]);
  const { axis, valueAxis, ...size } = base(plot, moneyText);
  const value = (_: uPlot, amount: number | null) => (amount === null ? '' : moneyText(amount));
  const most = Math.max(spent, cap ?? 0, projected ?? 0);
  const series: uPlot.Series[] = [
    { label: 'Day', value: (_, at) => (at === null ? '' : String(Math.min(Math.floor(at) + 1, length))) },
    { label: 'Spent', stroke: color('--link'), width: 2, points: { show: false }, value },
    {
      label: 'At this pace',
      stroke: color('--muted'),
      width: 2,
      dash: [5, 5],
      points: { show: false },
      value,
    },
  ];
  const data: (number | null)[][] = [0, 1, 2].map((column) => points.map((point) => point[column] ?? null));
  if (cap !== null) {
    series.push({
      label: 'Budget',
      stroke: color('--bad'),
      width: 2,
      dash: [10, 4],
      points: { show: false },
      value,
    });
    data.push(points.map(() => cap));
  }
  const [x = [], ...rest] = data;
  return new uPlot(
    {
      ...size,
      scales: { x: { time: false, range: [0, length] }, y: { range: [0, most > 0 ? most * 1.08 : 1] } },
      axes: [
        {
          ...axis,
          incrs: [1, 2, 5, 10],
          space: 40,
          values: (_, splits) => splits.map((day) => (day === 0 ? '' : String(day))),
        },
        valueAxis,
      ],
      series,
      cursor: { drag: { x: false, y: false }, y: false },
    },
    [x.map((at) => at ?? 0), ...rest],
    plot,
  );
}

/** Draws a figure, and again when it gets another size or the page other colours. */
function show(figure: HTMLElement): void {
  const plot = figure.querySelector<HTMLElement>('.plot');
  const draw = DRAW[figure.dataset.chart ?? ''];
  if (!plot || !draw) return;
  figure.hidden = false;
  let chart = draw(figure, plot);
  if (chart === null) {
    figure.hidden = true;
    return;
  }
  const again = () => {
    chart?.destroy();
    chart = draw(figure, plot);
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', again);
  new ResizeObserver(() => {
    if (chart && chart.width !== plot.clientWidth && plot.clientWidth > 0)
      chart.setSize({ width: plot.clientWidth, height: HEIGHT });
  }).observe(plot);
}

for (const figure of document.querySelectorAll<HTMLElement>('figure[data-chart]')) show(figure);
