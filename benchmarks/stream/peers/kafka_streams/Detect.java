import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** Kafka Streams with a RocksDB store, its cache and its changelog on. */
public final class Detect implements Processor<String, byte[], String, byte[]> {
  private static final ObjectMapper JSON = new ObjectMapper();
  private ProcessorContext<String, byte[]> context;
  private KeyValueStore<String, Double> values;

  @Override
  public void init(ProcessorContext<String, byte[]> given) {
    context = given;
    values = given.getStateStore("values");
  }

  @Override
  public void process(Record<String, byte[]> record) {
    try {
      JsonNode event = JSON.readTree(record.value());
      String asset = event.get("assetId").textValue();
      double value = event.get("value").doubleValue();
      Double previous = values.get(asset);
      values.put(asset, value);
      byte[] alert = previous == null ? null : judge(asset, previous, value);
      if (alert != null) {
        context.forward(record.withValue(alert));
      }
    } catch (java.io.IOException error) {
      throw new IllegalArgumentException(error);
    }
  }

  private static byte[] judge(String asset, double previous, double current)
      throws java.io.IOException {
    double moved = Math.round((current - previous) * 1e6) / 1e6;
    String severity =
        moved >= 5 ? "low" : moved <= -20 ? "critical" : moved <= -10 ? "high" : moved <= -5 ? "medium" : null;
    if (severity == null) {
      return null;
    }
    ObjectNode alert = JSON.createObjectNode();
    alert.put("assetId", asset);
    alert.put("alertType", moved > 0 ? "score_improvement" : moved <= -10 ? "sudden_drop" : "threshold_breach");
    alert.put("severity", severity);
    alert.put("previousValue", previous);
    alert.put("currentValue", current);
    return JSON.writeValueAsBytes(alert);
  }

  public static void main(String[] arguments) {
    Topology topology = new Topology();
    topology.addSource("read", Serdes.String().deserializer(), Serdes.ByteArray().deserializer(),
        System.getenv("BENCH_SOURCE"));
    topology.addProcessor("detect", Detect::new, "read");
    topology.addStateStore(
        Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore("values"), Serdes.String(), Serdes.Double())
            .withCachingEnabled(),
        "detect");
    topology.addSink("write", System.getenv("BENCH_ALERTS"), Serdes.String().serializer(),
        Serdes.ByteArray().serializer(), "detect");
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, System.getenv("BENCH_GROUP"));
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, System.getenv("BENCH_BROKERS"));
    settings.put(StreamsConfig.STATE_DIR_CONFIG, System.getenv("BENCH_STATE"));
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    settings.put("statestore.cache.max.bytes", 64L << 20);
    settings.put("auto.offset.reset", "earliest");
    KafkaStreams streams = new KafkaStreams(topology, settings);
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
    streams.start();
  }
}
