"""TensorFlow's files: saved models, graphs, checkpoints, and Keras's notes beside them.

Source: saved_model.proto, meta_graph.proto, graph.proto, node_def.proto, function.proto,
saved_object_graph.proto and fingerprint.proto of TensorFlow; saved_metadata.proto of Keras 2.
"""
