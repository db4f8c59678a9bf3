import Foundation

/// TensorBoard's file of one run: a list of TFRecords, each with an `Event` protocol buffer.
///
/// A record is its length (8 bytes, little-endian), that length's masked CRC32C (4), the event, and the
/// event's masked CRC32C (4). Field numbers: tensorflow/core/util/event.proto and
/// tensorflow/core/framework/summary.proto.
package struct EventFile {
  package private(set) var bytes: [UInt8] = []

  /// - Parameter time: the time of the first event, in seconds since 1970.
  package init(time: Double) {
    add(time: time) { $0.add(3, "brain.Event:2") }
  }

  /// Adds a number at a step.
  mutating func scalar(_ tag: String, _ value: Double, step: Int, time: Double) {
    addValue(tag, step: step, time: time) { $0.add(2, Float(value)) }
  }

  /// Adds Markdown, which TensorBoard shows under "Text".
  mutating func text(_ tag: String, _ markdown: String, time: Double) {
    addValue("\(tag)/text_summary", step: 0, time: time) { value in
      value.add(8) { tensor in
        tensor.add(1, 7)  // DT_STRING
        tensor.add(2) { shape in shape.add(2) { $0.add(1, 1) } }
        tensor.add(8, markdown)
      }
      value.add(9) { metadata in
        metadata.add(1) { $0.add(1, "text") }
        metadata.add(4, 2)  // DATA_CLASS_TENSOR
      }
    }
  }

  /// Adds a message for the plugin "hparams".
  mutating func hyperparameters(
    _ tag: String, time: Double, _ fill: (inout ProtobufMessage) -> Void
  ) {
    addValue("_hparams_/\(tag)", step: 0, time: time) { value in
      value.add(8) { tensor in
        tensor.add(1, 1)  // DT_FLOAT without elements
        tensor.add(2) { shape in shape.add(2) { _ in } }
      }
      value.add(9) { metadata in
        metadata.add(1) { plugin in
          plugin.add(1, "hparams")
          plugin.add(2, fill)
        }
      }
    }
  }

  private mutating func addValue(
    _ tag: String, step: Int, time: Double, _ fill: (inout ProtobufMessage) -> Void
  ) {
    add(time: time) { event in
      event.add(2, step)
      event.add(5) { summary in
        summary.add(1) { value in
          value.add(1, tag)
          fill(&value)
        }
      }
    }
  }

  private mutating func add(time: Double, _ fill: (inout ProtobufMessage) -> Void) {
    var event = ProtobufMessage()
    event.add(1, time)
    fill(&event)
    let length = UInt64(event.bytes.count).littleEndianBytes
    bytes += length + CRC32C.masked(length).littleEndianBytes
    bytes += event.bytes + CRC32C.masked(event.bytes).littleEndianBytes
  }
}
