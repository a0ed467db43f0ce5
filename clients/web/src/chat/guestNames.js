// Names for guests who have not thought of one.

const WHAT = "Amber Brave Calm Clever Coral Curious Eager Early Gentle Golden Happy Hidden Jolly Kind Lucky Merry Misty Nimble Patient Proud Quick Quiet Silver Sunny Swift Velvet Warm Wild Wise Witty".split(" ");
const WHO = "Badger Beaver Crane Curlew Dolphin Falcon Finch Fox Gecko Hare Heron Ibis Jackdaw Kestrel Lark Lynx Marten Newt Otter Owl Puffin Raven Robin Seal Starling Stoat Swan Tern Vole Wren".split(" ");

const any = (words) => words[Math.floor(Math.random() * words.length)];

export const guestName = () => `${any(WHAT)} ${any(WHO)}`;
