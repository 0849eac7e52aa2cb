// Values of any kind as what is wanted, or nothing.
export const list = (value) => (Array.isArray(value) ? value.filter((v) => v !== null && typeof v === "object") : []);
export const text = (value) => (typeof value === "string" ? value : typeof value === "number" ? String(value) : "");
export const finite = (value) => (typeof value === "number" && Number.isFinite(value) ? value : null);
export const record = (value) => (value !== null && typeof value === "object" && !Array.isArray(value) ? value : {});
