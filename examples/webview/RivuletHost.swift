// An app's side of docs/web-views.md for iOS: pages in a WKWebView hand their events to the app.
// UNCHECKED by a compiler. Its syntax is checked: tree-sitter-swift 0.7.4 parses it without an error.
//
//   let host = RivuletHost(webView: webView, origins: ["https://shop.example"],
//                          intakes: ["https://intake.example.org/v1/events"],
//                          state: .init(session: session, device: device, consent: "granted"))
//   host.state.consent = "denied"   // whenever it changes; the same for another session
//   host.send()                     // at start, and when the app comes to the foreground

import Foundation
import WebKit

/// What the app tells its pages: the ids of its own events, and the consent of the moment.
struct RivuletState {
    /// 20 lower-case hexadecimal digits.
    var session: String
    /// A UUID.
    var device: String
    /// granted, pending or denied.
    var consent: String
}

@MainActor
final class RivuletHost: NSObject, WKScriptMessageHandler {
    private weak var webView: WKWebView?
    private let origins: Set<String>
    private let intakes: Set<String>
    private let queue: RivuletQueue

    var state: RivuletState {
        didSet {
            if state.consent == "denied" { queue.wipe() }
            leaveHello()
            tell(hello)
        }
    }

    init(webView: WKWebView, origins: Set<String>, intakes: Set<String>, state: RivuletState) {
        self.webView = webView
        self.origins = origins
        self.intakes = intakes
        self.state = state
        let support = FileManager.default.urls(for: .applicationSupportDirectory, in: .userDomainMask)[0]
        queue = RivuletQueue(folder: support.appendingPathComponent("rivulet"))
        super.init()
        webView.configuration.userContentController.add(self, name: "rivulet")
        leaveHello()
    }

    func send() {
        queue.send()
    }

    private var hello: [String: Any] {
        [
            "rivulet": 1, "type": "hello", "capabilities": ["ack", "consent", "ids"],
            "ids": ["session": state.session, "device": state.device], "consent": state.consent,
        ]
    }

    /// The handler is there in every frame of every page; only the app's own pages are heard.
    func userContentController(_ controller: WKUserContentController, didReceive message: WKScriptMessage) {
        let frame = message.frameInfo
        guard frame.isMainFrame, origins.contains(Self.origin(of: frame.securityOrigin)),
            let text = message.body as? String,
            let said = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
            said["rivulet"] as? Int == 1
        else { return }

        if said["type"] as? String == "hello" { tell(hello) }
        if said["type"] as? String == "events" { take(said) }
    }

    private func take(_ said: [String: Any]) {
        guard state.consent == "granted", let url = said["url"] as? String, intakes.contains(url),
            let events = said["events"] as? [[String: Any]]
        else { return }
        queue.write(events, to: url) { [weak self] ids in
            let acks = Dictionary(uniqueKeysWithValues: ids.map { ($0, true) })
            Task { @MainActor in self?.tell(["rivulet": 1, "type": "ack", "acks": acks]) }
        }
    }

    /// To the page that is there now, which may be another one: it passes over acks that it does not wait for.
    private func tell(_ message: [String: Any]) {
        guard let webView, let url = webView.url, origins.contains(Self.origin(of: url)) else { return }
        webView.evaluateJavaScript("dispatchEvent(new CustomEvent('rivulet', { detail: \(Self.json(message)) }))")
    }

    /// So that no event waits for the hello. User scripts run in any page, so this one looks where it is.
    private func leaveHello() {
        guard let controller = webView?.configuration.userContentController else { return }
        let source = """
            if (\(Self.json(Array(origins))).includes(location.origin)) window.rivuletHello = \(Self.json(hello))
            """
        controller.removeAllUserScripts()  // Add those of your own again here.
        controller.addUserScript(
            WKUserScript(source: source, injectionTime: .atDocumentStart, forMainFrameOnly: true))
    }

    private static func json(_ value: Any) -> String {
        let data = try? JSONSerialization.data(withJSONObject: value)
        return data.flatMap { String(data: $0, encoding: .utf8) } ?? "null"
    }

    private static func origin(of url: URL) -> String {
        "\(url.scheme ?? "")://\(url.host ?? "")" + (url.port.map { ":\($0)" } ?? "")
    }

    private static func origin(of origin: WKSecurityOrigin) -> String {
        "\(origin.protocol)://\(origin.host)" + (origin.port == 0 ? "" : ":\(origin.port)")
    }
}

/// A file for each event, named by its `meta.id`: what is handed over twice is there once. It is deleted when the intake
/// has answered for it.
final class RivuletQueue: @unchecked Sendable {
    private let folder: URL
    private let work = DispatchQueue(label: "rivulet")
    private var isSending = false

    init(folder: URL) {
        self.folder = folder
        try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// Calls back with the ids of those that are on the disk.
    func write(_ events: [[String: Any]], to url: String, then: @escaping @Sendable ([String]) -> Void) {
        let records = events.compactMap { event -> (String, Data)? in
            guard let id = Self.id(of: event),
                let data = try? JSONSerialization.data(withJSONObject: ["url": url, "event": event])
            else { return nil }
            return (id, data)
        }
        work.async {
            // By a rename: a file is there as a whole, or not at all.
            let written = records.filter { id, data in
                (try? data.write(to: self.file(for: id), options: .atomic)) != nil
            }
            then(written.map { id, _ in id })
            self.sendNext()
        }
    }

    func wipe() {
        work.async { self.files().forEach { try? FileManager.default.removeItem(at: $0) } }
    }

    func send() {
        work.async { self.sendNext() }
    }

    /// A batch of one destination, oldest first; the next one when it is answered. What fails waits for the next `send`.
    private func sendNext() {
        guard !isSending else { return }
        var url = ""
        var batch: [(file: URL, event: [String: Any])] = []
        for file in files().prefix(200) where batch.count < 50 {
            guard let data = try? Data(contentsOf: file),
                let record = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
                let to = record["url"] as? String, let event = record["event"] as? [String: Any]
            else { continue }
            if url.isEmpty { url = to }
            if to == url { batch.append((file, event)) }
        }
        let sent = Int(Date().timeIntervalSince1970 * 1000)
        guard !batch.isEmpty, let body = try? JSONSerialization.data(withJSONObject: batch.map(\.event)),
            let target = URL(string: "\(url)\(url.contains("?") ? "&" : "?")sent=\(sent)")
        else { return }

        var request = URLRequest(url: target)
        request.httpMethod = "POST"
        request.setValue("text/plain", forHTTPHeaderField: "content-type")
        isSending = true
        URLSession.shared.uploadTask(with: request, from: body) { data, response, _ in
            self.work.async {
                self.isSending = false
                guard let status = (response as? HTTPURLResponse)?.statusCode else { return }
                let again = Self.failed(status: status, data: data)
                let done = batch.filter { again?.contains(Self.id(of: $0.event) ?? "") == false }
                done.forEach { try? FileManager.default.removeItem(at: $0.file) }
                if !done.isEmpty { self.sendNext() }
            }
        }.resume()
    }

    /// The ids of those to be sent again; nil where the answer says nothing of single events.
    private static func failed(status: Int, data: Data?) -> Set<String>? {
        if [200, 201, 204].contains(status) { return [] }
        guard [207, 400, 500].contains(status), let data,
            let lists = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
            lists["invalid"] is [Any] || lists["error"] is [Any]
        else { return nil }
        let entries = lists["error"] as? [[String: Any]] ?? []
        return Set(entries.compactMap { ($0["event"] as? [String: Any]).flatMap(id(of:)) })
    }

    private func files() -> [URL] {
        let found = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return (found ?? []).sorted { $0.lastPathComponent < $1.lastPathComponent }
    }

    private func file(for id: String) -> URL {
        let name = id.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "odd"
        return folder.appendingPathComponent("\(name).json")
    }

    private static func id(of event: [String: Any]) -> String? {
        (event["meta"] as? [String: Any])?["id"] as? String
    }
}
