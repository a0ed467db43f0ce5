// The emojis to choose from, by the words one looks for them with.

export const QUICK = ["👍", "❤️", "😂", "🎉", "👀", "✅"];

export const EMOJIS = `
👍 thumbs up yes good|👎 thumbs down no bad|❤️ heart love|😂 joy laugh tears|🎉 party celebrate tada|👀 eyes look|✅ check done|🙏 thanks please pray
😀 grin happy|😃 smile happy|😄 laugh happy|😁 beam|😅 sweat relief|🤣 rolling laugh|😊 blush|🙂 slight smile|😉 wink|😍 love eyes|🥰 adore|😘 kiss
😋 yum|😜 wink tongue|🤪 zany|🤔 think hmm|🤨 doubt|😐 neutral|🙄 roll eyes|😏 smirk|😴 sleep tired|🤯 mind blown|🥳 party face|😎 cool
🤓 nerd|😕 confused|😮 wow surprise|😢 cry sad|😭 sob|😤 huff|😡 angry|🤬 swear|😱 scream fear|😬 grimace|🤗 hug|🫡 salute
👋 wave hello bye|👏 clap applause|🙌 hooray hands|🤝 handshake deal|💪 strong muscle|🤞 fingers crossed luck|👌 ok perfect|✌️ peace|🤷 shrug|🤦 facepalm|🫶 heart hands|☝️ point up
🔥 fire hot|⭐ star|✨ sparkles|💡 idea bulb|⚡ zap fast|🚀 rocket ship launch|🐛 bug|🔧 wrench fix|🎯 target|📌 pin|📎 clip file|🔒 lock
☕ coffee|🍕 pizza|🍰 cake birthday|🍺 beer|🍎 apple|🌱 seedling grow|🌈 rainbow|☀️ sun|🌙 moon night|❄️ snow|🐶 dog|🐱 cat
💯 hundred|❓ question|❗ important|❌ cross no|⏳ wait hourglass|💤 sleep|💬 speech|📣 announce|🏆 trophy win|🎂 birthday|🎁 gift|🏠 home`
  .trim()
  .split(/[\n|]/)
  .map((entry) => {
    const at = entry.indexOf(" ");
    return { emoji: entry.slice(0, at), words: entry.slice(at + 1) };
  });

export function findEmojis(query) {
  const words = query.toLowerCase().trim().split(/\s+/).filter(Boolean);
  return EMOJIS.filter((entry) => words.every((word) => entry.words.includes(word)));
}
