// What is wrong with a picture, in words for who took it; those of the service are for programs.

const SAVED = "Open it in the program that it comes from, save what it shows as JPEG, PNG or TIFF, and choose that.";
const LOST = "Perhaps a download went wrong, or a file was given another name: choose the picture itself.";

/** How files begin that people take for pictures (their bytes as Latin-1), what they are, what helps. */
const STRANGERS = [
  [/^%PDF/, "a PDF document, not a picture"],
  [/^PK\x03\x04/, "an archive or an Office document, not a picture"],
  [/^\xd0\xcf\x11\xe0/, "an old Office document, not a picture"],
  [/^(\x1aE\xdf\xa3|RIFF....AVI |....(ftyp(isom|iso|mp4|avc1|M4V|qt)|moov|mdat|wide))/s, "a film, not a picture"],
  [/^....ftyp(hei|hev|mif1|msf1)/s, "a HEIC photo, which cannot be read here"],
  [/^8BPS/, "a Photoshop file, which cannot be read here"],
  [/^(%!PS|(\s|<\?.*?>|<!--.*?-->)*<(!doctype )?svg)/is, "a drawing, which cannot be read here"],
  [/^(\0\0\0\x0cjP|\xff\x4f\xff\x51)/, "a JPEG 2000 picture, which cannot be read here"],
  [/^.{128}DICM/s, "a DICOM picture, which cannot be read here"],
  [/^(ZISRAWFILE|\x70\0\0\0.{4}\x2a|\xda\xce\xbe\x0a)/s, "a microscope's own file, which cannot be read here"],
  [/^(FUJIFILM|FOVb|....ftypcrx)/s, "a camera's raw file, which cannot be read here"],
  [/^\s*<(!doctype html|html)/i, "a web page, not a picture", LOST],
  [/^[\t\n\r\x20-\x7e\x80-\xff]*$/, "text, not a picture", LOST],
];
const BEGINNING = 400; // bytes

/** The same problem in plain words, with those of the service as `said`; most are plain already. */
async function inPlainWords(problem, file) {
  const plain = PLAIN[problem.code];
  if (!plain) return problem;
  return Object.assign(new Problem({ ...problem, ...(await plain(file)) }), { said: problem.detail });
}

const PLAIN = {
  async unsupported_image(file) {
    const [, what, advice = SAVED] = await strangerIn(file);
    const [first, last] = [LIMITS.formats.slice(0, -1).join(", "), LIMITS.formats.at(-1)];
    return { title: `This is ${what}`, detail: `Pictures may be ${first} or ${last}. ${advice}` };
  },
  bad_image: () => ({
    title: "This picture is damaged",
    detail: "It begins as a picture does, and what follows is missing or spoilt. Copy it again from where it was " +
      "taken; if another program still shows it, save it there anew, and choose that.",
  }),
};

/** Throws a Problem for what is no picture at all: a browser would read a whole film to find that out. */
async function refuseStranger(file) {
  const [, what] = await strangerIn(file);
  if (what.endsWith("not a picture")) throw new Problem({ status: 415, ...(await PLAIN.unsupported_image(file)) });
}

async function strangerIn(file) {
  const bytes = new Uint8Array(await file.slice(0, BEGINNING).arrayBuffer());
  const beginning = String.fromCharCode(...bytes);
  return STRANGERS.find(([pattern]) => pattern.test(beginning)) ?? [null, "no picture that can be read here"];
}
