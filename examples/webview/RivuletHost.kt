// An app's side of docs/web-views.md for Android: pages in a WebView hand their events to the app.
// CHECKED by hand: compiled by Kotlin 2.2.21 against Android 13, with declarations in place of androidx.webkit; its queue
// ran in a JVM. Needs androidx.webkit 1.9 or newer, and INTERNET.
//
//   val host = RivuletHost(webView, setOf("https://shop.example"), setOf("https://intake.example.org/v1/events"),
//       File(filesDir, "rivulet"), RivuletState(session, device, "granted"))
//   host.state = host.state.copy(consent = "denied")   // whenever it changes; the same for another session
//   host.send()                                        // at start, and when the network is back
//
// Where WebViewFeature says that there is no WEB_MESSAGE_LISTENER (WebView before 88), do without: the page delivers by
// itself. An object of addJavascriptInterface would be in every frame, and would not say who calls.

package org.example.rivulet

import android.net.Uri
import android.webkit.WebView
import androidx.webkit.JavaScriptReplyProxy
import androidx.webkit.ScriptHandler
import androidx.webkit.WebMessageCompat
import androidx.webkit.WebViewCompat
import androidx.webkit.WebViewFeature
import java.io.File
import java.io.FileOutputStream
import java.net.HttpURLConnection
import java.net.URL
import java.net.URLEncoder
import java.util.concurrent.Executors
import org.json.JSONArray
import org.json.JSONObject

/** What the app tells its pages: the ids of its own events, and the consent of the moment. */
data class RivuletState(
    /** 20 lower-case hexadecimal digits. */
    val session: String,
    /** A UUID. */
    val device: String,
    /** granted, pending or denied. */
    val consent: String,
)

/** To be used on the main thread. */
class RivuletHost(
    private val webView: WebView,
    private val origins: Set<String>,
    private val intakes: Set<String>,
    folder: File,
    state: RivuletState,
) : WebViewCompat.WebMessageListener {
    private val queue = RivuletQueue(folder)
    private var left: ScriptHandler? = null
    private var page: JavaScriptReplyProxy? = null

    var state: RivuletState = state
        set(next) {
            field = next
            if (next.consent == "denied") queue.wipe()
            leaveHello()
            page?.postMessage(hello().toString())
        }

    init {
        if (WebViewFeature.isFeatureSupported(WebViewFeature.WEB_MESSAGE_LISTENER)) {
            WebViewCompat.addWebMessageListener(webView, "rivuletApp", origins, this)
        }
        leaveHello()
    }

    fun send() = queue.send()

    private fun hello(): JSONObject = JSONObject()
        .put("rivulet", 1)
        .put("type", "hello")
        .put("capabilities", JSONArray(listOf("ack", "consent", "ids")))
        .put("ids", JSONObject().put("session", state.session).put("device", state.device))
        .put("consent", state.consent)

    /** So that no event waits for the hello. */
    private fun leaveHello() {
        if (!WebViewFeature.isFeatureSupported(WebViewFeature.DOCUMENT_START_SCRIPT)) return
        left?.remove()
        left = WebViewCompat.addDocumentStartJavaScript(webView, "window.rivuletHello = ${hello()}", origins)
    }

    /** From pages of `origins` only, which the web view sees to. */
    override fun onPostMessage(
        view: WebView,
        message: WebMessageCompat,
        sourceOrigin: Uri,
        isMainFrame: Boolean,
        replyProxy: JavaScriptReplyProxy,
    ) {
        if (!isMainFrame) return
        val said = runCatching { JSONObject(message.data ?: "") }.getOrNull() ?: return
        if (said.optInt("rivulet") != 1) return
        page = replyProxy
        when (said.optString("type")) {
            "hello" -> replyProxy.postMessage(hello().toString())
            "events" -> take(said, replyProxy)
        }
    }

    private fun take(said: JSONObject, page: JavaScriptReplyProxy) {
        val url = said.optString("url")
        val events = said.optJSONArray("events") ?: return
        if (state.consent != "granted" || url !in intakes) return
        queue.write(events, url) { ids ->
            val acks = JSONObject()
            for (id in ids) acks.put(id, true)
            val ack = JSONObject().put("rivulet", 1).put("type", "ack").put("acks", acks)
            webView.post { page.postMessage(ack.toString()) }
        }
    }
}

/**
 * A file for each event, named by its `meta.id`: what is handed over twice is there once. It is deleted when the intake has
 * answered for it.
 */
class RivuletQueue(private val folder: File) {
    private val work = Executors.newSingleThreadExecutor()

    init {
        folder.mkdirs()
    }

    /** Calls back with the ids of those that are on the disk. */
    fun write(events: JSONArray, url: String, then: (List<String>) -> Unit) = work.execute {
        val written = (0 until events.length()).mapNotNull { index ->
            runCatching {
                val event = events.getJSONObject(index)
                val id = idOf(event)
                val whole = File(folder, "${URLEncoder.encode(id, "UTF-8")}.json")
                val part = File(folder, "${whole.name}.part")
                FileOutputStream(part).use {
                    it.write(JSONObject().put("url", url).put("event", event).toString().toByteArray())
                    it.fd.sync()
                }
                // A file is there as a whole, or not at all.
                if (part.renameTo(whole)) id else null
            }.getOrNull()
        }
        then(written)
        sendAll()
    }

    /** What a kill has left half written, too. */
    fun wipe() = work.execute { folder.listFiles()?.forEach { it.delete() } }

    fun send() = work.execute { sendAll() }

    /** In batches of one destination, oldest first, until one fails: that waits for the next `send`. */
    private fun sendAll() {
        while (true) {
            val records = files().take(200).mapNotNull { file ->
                runCatching { file to JSONObject(file.readText()) }.getOrNull()
            }
            val url = records.firstOrNull()?.second?.optString("url") ?: return
            val batch = records.filter { (_, record) -> record.optString("url") == url }.take(50)
            val events = batch.map { (file, record) -> file to record.getJSONObject("event") }
            val again = runCatching { post(url, events.map { it.second }) }.getOrNull() ?: return
            val done = events.filter { (_, event) -> idOf(event) !in again }
            done.forEach { (file, _) -> file.delete() }
            if (done.isEmpty()) return
        }
    }

    /** The ids of those to be sent again; null where the answer says nothing of single events. */
    private fun post(url: String, events: List<JSONObject>): Set<String>? {
        val target = "$url${if ('?' in url) '&' else '?'}sent=${System.currentTimeMillis()}"
        val connection = URL(target).openConnection() as HttpURLConnection
        connection.requestMethod = "POST"
        connection.doOutput = true
        connection.connectTimeout = 30_000
        connection.readTimeout = 30_000
        connection.setRequestProperty("content-type", "text/plain")
        connection.outputStream.use { it.write(JSONArray(events).toString().toByteArray()) }
        val status = connection.responseCode
        if (status in setOf(200, 201, 204)) return emptySet()
        if (status !in setOf(207, 400, 500)) return null
        val stream = if (status < 400) connection.inputStream else connection.errorStream
        val lists = JSONObject(stream.bufferedReader().readText())
        if (!lists.has("invalid") && !lists.has("error")) return null
        val failed = lists.optJSONArray("error") ?: JSONArray()
        return (0 until failed.length()).map { idOf(failed.getJSONObject(it).getJSONObject("event")) }.toSet()
    }

    private fun files(): List<File> =
        folder.listFiles { file -> file.name.endsWith(".json") }?.sortedBy { it.name } ?: emptyList()

    private fun idOf(event: JSONObject): String = event.getJSONObject("meta").getString("id")
}
