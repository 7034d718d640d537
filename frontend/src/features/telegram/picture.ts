/** An SVG of the server as the address of an image, where nothing in it can run. */

const NAMESPACE = 'xmlns="http://www.w3.org/2000/svg"';

/** SVG made to stand inside HTML leaves out its namespace; as an image it needs one. */
export function svgAddress(svg: string): string {
  const whole = svg.includes("xmlns=") ? svg : svg.replace("<svg", `<svg ${NAMESPACE}`);
  return `data:image/svg+xml,${encodeURIComponent(whole)}`;
}
