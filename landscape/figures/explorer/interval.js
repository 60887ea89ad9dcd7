// The mean over planes and its interval, as `landscape.measures.interval` takes them.

function meanInterval(values, kind) {
  const { factors, edge } = DATA.intervals, n = values.length, same = (x) => x;
  const inside = values.every((x) => x > edge && x < 1 - edge);
  const [forward, backward] = {
    signed: [same, same],
    positive: [Math.log, Math.exp],
    fraction: inside ? [(x) => Math.log(x / (1 - x)), (x) => 1 / (1 + Math.exp(-x))] : [same, same],
  }[kind];
  const mapped = values.map(forward), middle = mapped.reduce((sum, x) => sum + x, 0) / n;
  const deviation = Math.sqrt(mapped.reduce((sum, x) => sum + (x - middle) ** 2, 0) / (n - 1));
  const half = factors[kind][n - 2] * deviation;
  return { mean: backward(middle), low: backward(middle - half), high: backward(middle + half) };
}

// Of samples along a line on each plane; limits are kept to what the metric can be.
function averaged(planes, [least, most]) {
  const known = planes.filter((samples) => samples.some(({ value }) => Number.isFinite(value)));
  if (known.length < 2) return null;
  const lowest = Math.min(...known.flat().map(({ value }) => value).filter(Number.isFinite));
  const kind = least === 0 && most === 1 ? "fraction" : lowest > 0 ? "positive" : "signed";
  const [floor, roof] = [lowest === 0 ? 0 : least ?? -Infinity, most ?? Infinity];
  const keep = (x) => Math.min(Math.max(x, floor), roof);
  const samples = known[0].map(({ share, x, y }, k) => {
    const { mean, low, high } = meanInterval(known.map((each) => each[k].value), kind);
    return { share, x, y, value: mean, low: keep(low), high: keep(high) };
  });
  const name = { signed: "mean", positive: "geometric mean", fraction: "logit mean" }[kind];
  return { samples, said: `${name} of ${known.length} planes` };
}
