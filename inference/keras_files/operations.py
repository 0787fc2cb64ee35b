"""The operations that a model file may use: of keras.ops, of `tf.*`, and of TensorFlow's graph.

All of them compute numbers from numbers. What takes a function, reads a file or runs a program
is on no list.
"""

from __future__ import annotations

from typing import Final

from inference.keras_files.words import words

# Operations of keras.ops in a functional graph, by the module that each comes from. Those that
# take functions (Map, Scan, Cond, WhileLoop, …) are left out.
OPERATIONS: Final = {
    "numpy": words(
        """
        Abs Absolute Add Amax Amin Any All Append Argmax Argmin Average BroadcastTo Ceil Clip
        Concatenate Copy Cos Cumsum Divide DivideNoNan Dot Einsum Equal Exp ExpandDims Expm1 Flip
        Floor FloorDivide FullLike GetItem Greater GreaterEqual Less LessEqual Log Log10 Log1p Log2
        LogicalAnd LogicalNot LogicalOr Matmul Max Maximum Mean Min Minimum Mod Moveaxis Multiply
        Negative NotEqual OnesLike Pad Power Prod Ravel Reciprocal Repeat Reshape Roll Round Sign
        Sin Split Sqrt Square Squeeze Stack Std Subtract Sum Swapaxes Take TakeAlongAxis Tan Tanh
        Tensordot Tile Transpose TrueDivide Var Where ZerosLike
        """
    ),
    "nn": words(
        """
        AdaptiveAveragePool AdaptiveMaxPool AveragePool BatchNorm Celu Conv ConvTranspose
        DepthToSpace DepthwiseConv Elu Gelu Glu HardShrink HardSigmoid HardSilu HardTanh LayerNorm
        LeakyRelu LogSigmoid LogSoftmax MaxPool Moments Normalize OneHot RMSNorm Relu Relu6 Selu
        SeparableConv Sigmoid Silu Softmax Softplus Softsign SpaceToDepth Squareplus TanhShrink
        """
    ),
    "core": words("Cast ConvertToTensor SaturateCast Slice StopGradient Unstack"),
    "math": words("Erf Logsumexp Rsqrt TopK"),
    "image": words("CropImages PadImages RGBToGrayscale Resize"),
}
OPERATION_MODULES: Final = frozenset(
    f"{root}ops.{part}" for root in ("keras.src.", "keras.") for part in OPERATIONS
) | {"keras.ops"}

# `tf.*` functions in a TFOpLambda of TensorFlow 2.4 to 2.15.
TF_FUNCTIONS: Final = words(
    """
    __operators__.add __operators__.getitem __operators__.eq __operators__.ne
    broadcast_to cast clip_by_value compat.v1.transpose compat.v1.shape concat convert_to_tensor
    expand_dims fill identity one_hot ones_like pad repeat reshape reverse roll shape slice split
    squeeze stack stop_gradient tile transpose unstack where zeros_like gather
    compat.v1.gather compat.v1.pad compat.v1.size compat.v1.squeeze compat.v1.expand_dims
    compat.v1.image.resize compat.v1.image.resize_bilinear compat.v1.image.resize_nearest_neighbor
    compat.v1.nn.avg_pool compat.v1.nn.max_pool compat.v1.nn.depthwise_conv2d compat.v1.nn.conv2d
    compat.v1.math.reduce_mean compat.v1.math.reduce_sum compat.v1.math.softmax
    compat.v1.nn.softmax compat.v1.space_to_depth compat.v1.depth_to_space
    image.resize image.resize_with_pad image.rgb_to_grayscale image.grayscale_to_rgb
    image.per_image_standardization image.flip_left_right image.crop_to_bounding_box
    linalg.matmul linalg.norm linalg.l2_normalize linalg.transpose einsum
    math.abs math.add math.argmax math.ceil math.cos math.cumsum math.divide math.divide_no_nan
    math.equal math.erf math.exp math.floor math.floordiv math.floormod math.greater
    math.greater_equal math.l2_normalize math.less math.less_equal math.log math.log1p math.maximum
    math.minimum math.mod math.multiply math.multiply_no_nan math.negative math.not_equal math.pow
    math.reciprocal math.reduce_max math.reduce_mean math.reduce_min math.reduce_prod
    math.reduce_std math.reduce_sum math.reduce_variance math.rint math.round math.rsqrt
    math.sigmoid math.sign math.sin math.softplus math.sqrt math.square math.squared_difference
    math.subtract math.tanh math.top_k math.truediv math.logical_and math.logical_or
    math.logical_not
    nn.avg_pool nn.avg_pool2d nn.bias_add nn.conv2d nn.depth_to_space nn.depthwise_conv2d nn.elu
    nn.gelu nn.l2_normalize nn.leaky_relu nn.local_response_normalization nn.log_softmax nn.max_pool
    nn.max_pool2d nn.moments nn.relu nn.relu6 nn.selu nn.sigmoid nn.silu nn.softmax nn.softplus
    nn.softsign nn.space_to_depth nn.swish nn.tanh
    """
)

TF_OPERATIONS: Final = words(
    """
    Abs Add AddN AddV2 All Any ArgMax ArgMin AvgPool BatchMatMul BatchMatMulV2 BatchMatMulV3
    BatchToSpaceND BiasAdd BroadcastArgs BroadcastTo Cast Ceil ClipByValue Concat ConcatV2 Const
    Conv2D Conv2DBackpropInput Conv3D Cos Cumsum DepthToSpace DepthwiseConv2dNative Div DivNoNan
    Einsum Elu Equal Erf Exp ExpandDims Fill Floor FloorDiv FloorMod FusedBatchNorm FusedBatchNormV2
    FusedBatchNormV3 Gather GatherNd GatherV2 Greater GreaterEqual Identity IdentityN L2Loss LRN
    LeakyRelu Less LessEqual Log Log1p LogSoftmax LogicalAnd LogicalNot LogicalOr MatMul Max MaxPool
    MaxPoolV2 Maximum Mean Min Minimum MirrorPad Mod Mul MulNoNan Neg NoOp NotEqual OneHot OnesLike
    Pack Pad PadV2 Pow PreventGradient Prod Range Rank RealDiv Reciprocal Relu Relu6 Reshape
    ResizeBicubic ResizeBilinear ResizeNearestNeighbor ReverseV2 Rint Round Rsqrt Select SelectV2
    Selu Shape ShapeN Sigmoid Sign Sin Size Slice Softmax Softplus Softsign SpaceToBatchND
    SpaceToDepth Split SplitV Sqrt Square SquaredDifference Squeeze StopGradient StridedSlice Sub
    Sum Tanh Tile TopKV2 Transpose Unpack Where Xdivy ZerosLike
    """
)
"""Operations of TensorFlow's graph that compute numbers from numbers."""

GRAPH_OPERATIONS: Final = TF_OPERATIONS | words(
    """
    Acos Acosh AdjustContrastv2 AdjustHue AdjustSaturation Asin Asinh Assert AssignAddVariableOp
    AssignSubVariableOp AssignVariableOp Atan Atan2 Atanh AvgPool3D Bincount Bitcast BitwiseAnd
    BitwiseOr BitwiseXor Bucketize Case CombinedNonMaxSuppression Complex ConcatOffset Conj
    ConjugateTranspose Conv3DBackpropInputV2 Cosh CropAndResize CudnnRNN CudnnRNNBackpropV3
    CudnnRNNV2 CudnnRNNV3 Cumprod DecodeBase64 DecodeImage DecodeJpeg DecodePng DenseBincount Diag
    DiagPart Digamma Dilation2D DisableCopyOnRead DynamicPartition DynamicStitch EmptyTensorList
    EnsureShape Enter Erfc Erfinv EuclideanNorm Exit Expm1 ExtractImagePatches
    FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars FakeQuantWithMinMaxVarsPerChannel
    FusedBatchNormGradV3 HSVToRGB If Imag ImageProjectiveTransformV2 ImageProjectiveTransformV3
    InTopKV2 Invert InvertPermutation IsFinite IsInf IsNan LeftShift Lgamma LinSpace LoopCond
    LowerBound MatrixBandPart MaxPool3D MaxPoolWithArgmax Merge Multinomial NextIteration
    NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5 NthElement ParseExample
    ParseExampleV2 PartitionedCall Placeholder PlaceholderWithDefault RGBToHSV RandomShuffle
    RandomStandardNormal RandomUniform RandomUniformInt ReadVariableOp Real ResizeArea Reverse
    ReverseSequence RightShift RngReadAndSkip RngSkip Roll ScaleAndTranslate ScatterNd SegmentMax
    SegmentMean SegmentMin SegmentSum Select ShardedFilename Sinh Snapshot StatefulPartitionedCall
    StatefulUniform StatefulUniformFullInt StatelessCase StatelessIf StatelessMultinomial
    StatelessRandomGammaV2 StatelessRandomGetAlg StatelessRandomGetKeyCounter
    StatelessRandomGetKeyCounterAlg StatelessRandomNormal StatelessRandomNormalV2
    StatelessRandomUniform StatelessRandomUniformFullInt StatelessRandomUniformFullIntV2
    StatelessRandomUniformInt StatelessRandomUniformIntV2 StatelessRandomUniformV2
    StatelessSampleDistortedBoundingBox StatelessShuffle StatelessTruncatedNormalV2 StatelessWhile
    StaticRegexFullMatch StringJoin Switch SymbolicGradient Tan TensorListConcat TensorListConcatV2
    TensorListFromTensor TensorListGather TensorListGetItem TensorListLength TensorListPopBack
    TensorListPushBack TensorListReserve TensorListResize TensorListScatterIntoExistingList
    TensorListSetItem TensorListStack TensorScatterAdd TensorScatterMax TensorScatterMin
    TensorScatterSub TensorScatterUpdate TruncateDiv TruncateMod TruncatedNormal Unique UniqueV2
    UnravelIndex UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentSum UpperBound VarHandleOp
    VarIsInitializedOp VariableV2 While Xlog1py Xlogy
    """
)
"""Operations that a SavedModel may hold: also variables, calls and Keras's own saving of them."""

SAVING_OPERATIONS: Final = words("MergeV2Checkpoints RestoreV2 SaveV2")
"""What saves and restores variables; it stands in functions that are not called here."""
