// Puts a floating box beside an element or at a point, inside the window. Through the style object, which a strict CSP allows.

const GAP = 6;
const EDGE = 8;

export function placeBeside(box, anchor) {
  const at = anchor instanceof Element ? anchor.getBoundingClientRect() : { left: anchor.x, right: anchor.x, top: anchor.y, bottom: anchor.y };
  const { offsetWidth: width, offsetHeight: height } = box;
  const isRoomBelow = at.bottom + GAP + height + EDGE <= innerHeight || at.top - GAP - height < EDGE;
  const top = isRoomBelow ? at.bottom + GAP : at.top - GAP - height;
  const left = at.left + width + EDGE <= innerWidth ? at.left : at.right - width;
  box.style.top = `${clamp(top, EDGE, innerHeight - height - EDGE)}px`;
  box.style.left = `${clamp(left, EDGE, innerWidth - width - EDGE)}px`;
}

const clamp = (value, least, most) => Math.max(least, Math.min(value, most));
