// Prints what @opendaw/lib-dawproject reads in a .dawproject, as JSON; bundled by esbuild, as its modules leave out file endings.
import { JSDOM } from "jsdom"
const dom = new JSDOM()
globalThis.DOMParser = dom.window.DOMParser
globalThis.XMLSerializer = dom.window.XMLSerializer
globalThis.document = dom.window.document
globalThis.Element = dom.window.Element
const JSZip = (await import("jszip")).default
const fs = await import("fs")
const { Xml } = await import("@opendaw/lib-xml")
const schema = await import("@opendaw/lib-dawproject")
Xml.Class("Vst3Plugin")(class Vst3PluginSchema extends schema.PluginSchema {}) // it registers CLAP alone, and passes over other plugins
const zip = await JSZip.loadAsync(fs.readFileSync(process.argv[2]))
const project = Xml.parse(await zip.file("project.xml").async("text"), schema.ProjectSchema)
const meta = Xml.parse(await zip.file("metadata.xml").async("text"), schema.MetaDataSchema)
const tracks = project.structure.map(t => ({ id: t.id, name: t.name, color: t.color, contentType: t.contentType, role: t.channel?.role, volume: t.channel?.volume?.value, pan: t.channel?.pan?.value, muted: t.channel?.mute?.value ?? false, sends: (t.channel?.sends ?? []).map(s => ({ dest: s.destination, volume: s.volume?.value })), devices: (t.channel?.devices ?? []).map(d => ({ name: d.deviceName, role: d.deviceRole, state: d.state?.path, id: d.deviceID })) }))
const notes = {}, files = []
const walk = (item, track) => {
  if (!item) return
  track = item.track ?? track
  if (item.notes) (notes[track] ??= []).push(...item.notes.map(n => [n.time, n.duration, n.key, n.vel]))
  if (item.file) files.push(item.file.path)
  for (const key of ["lanes", "clips", "content", "clip"]) { const v = item[key]; if (Array.isArray(v)) v.forEach(x => walk(x, track)); else if (v && typeof v === "object") walk(v, track) }
}
walk(project.arrangement.lanes, null)
const tempo = project.arrangement.tempoAutomation?.points?.map(p => [p.time, p.value])
console.log(JSON.stringify({ title: meta.title, bpm: project.transport?.tempo?.value, tracks, notes, files, tempo, markers: project.arrangement.markers?.marker?.length ?? null, own: Xml.toElement("Markers", Xml.element({ marker: [Xml.element({ time: 4, name: "x" }, schema.MarkerSchema)] }, schema.MarkersSchema)).outerHTML }))
