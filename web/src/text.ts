// How figures and untrusted texts are written.

// What a model, an API or a file wrote, made harmless to the eye: control characters and those that reorder or hide text are spelt
// out; new lines and tabs stay. It is shown by textContent alone, so that no markup in it means anything.
export function visible(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g, (c) =>
    "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
}

export function decimal(value: number, places: number): string {
  const text = value.toFixed(places);
  return /^-0\.?0*$/.test(text) ? text.slice(1) : text;
}
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? "" : Math.round(value).toLocaleString("en-US");
}
// 12,345 -> "12.3k"
export function short(value: number): string {
  if (value < 10_000) return count(value);
  if (value < 1e6) return decimal(value / 1e3, value < 1e5 ? 1 : 0) + "k";
  return decimal(value / 1e6, value < 1e8 ? 1 : 0) + "M";
}
export function percent(share: number, places = 1): string {
  return decimal(share * 100, places) + "\u00a0%";
}
export function signed(value: number, places = 1): string {
  return (value > 0 ? "+" : "") + decimal(value, places).replace("-", "\u2212");
}
// [0.62, 0.6, 0.64] -> "62.0 % ±2.0"
export function estimate(e: number[] | null): string {
  if (e === null) return "";
  return e.length < 3 ? percent(e[0]!) : `${percent(e[0]!)} ±${decimal(((e[2]! - e[1]!) / 2) * 100, 1)}`;
}
export function duration(seconds: number): string {
  if (seconds < 90) return `${decimal(seconds, seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
export function bytes(value: number): string {
  return value < 1e9 ? `${decimal(value / 1e6, 0)} MB` : `${decimal(value / 1e9, 2)} GB`;
}
export function money(value: number, currency: string): string {
  const places = value === 0 || Math.abs(value) >= 100 ? 2 : Math.abs(value) >= 1 ? 3 : Math.min(9, 2 - Math.floor(Math.log10(Math.abs(value))));
  return `${decimal(value, places)} ${currency}`.trim();
}
