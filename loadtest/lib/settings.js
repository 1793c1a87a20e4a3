// The settings of every script, from the environment, read once; next: mix.js.
import { mixOf } from "./mix.js";

/** @param {string} name @param {number} standard */
const number = (name, standard) => {
  const value = __ENV[name];
  if (value === undefined || value === "") return standard;
  if (!(Number(value) > 0)) throw new Error(`${name} must be a number above 0, not ${value}`);
  return Number(value);
};

/** Seconds of a time like `90s`, `10m`, `1h` or `1m30s`. @param {string} text */
export const secondsOf = (text) => {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|m|s)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text)
    throw new Error(`DURATION must be like 90s, 10m or 1h, not ${text}`);
  return parts.reduce(
    (sum, [, count, unit]) => sum + Number(count) * { h: 3600, m: 60, s: 1 }[/** @type {"h" | "m" | "s"} */ (unit)],
    0,
  );
};

/** What a script takes where the environment says nothing. @param {{ rate: number, duration: string }} standard */
export const settingsOf = (standard) => {
  const duration = __ENV.DURATION || standard.duration;
  return {
    baseUrl: (__ENV.BASE_URL || "http://127.0.0.1:8080").replace(/\/+$/, ""),
    rate: number("RATE", standard.rate),
    duration,
    seconds: secondsOf(duration),
    mix: mixOf(__ENV.MIX || "realistic"),
    token: __ENV.TOKEN || "",
    /** How many clients there seem to be, where the server believes X-Forwarded-For of us; 0: send none. */
    clients: number("CLIENTS", 1000),
    /** What k6 keeps ready for requests whose answers take their time. */
    users: number("USERS", Math.ceil(Math.max(50, standard.rate))),
  };
};
/** @typedef {ReturnType<typeof settingsOf>} Settings */
